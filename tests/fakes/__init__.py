"""Servers that stand in for the outside world, with state: tests start them and talk to them over real HTTP."""
