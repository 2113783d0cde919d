# The image of the container action: steelyard in a virtual environment that nothing else sees, git, uv.
#
# Training runs on this image's Python in an environment of its own (see src/steelyard/action), so nothing here may
# reach it: no ENV, nothing on PATH but git and uv.

ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
COPY pyproject.toml constraints.txt /build/
WORKDIR /build
# The dependencies first: they change rarely, and a layer of their own is kept between builds.
RUN python3 -m venv /build/tools \
 && python3 -m venv --without-pip /opt/steelyard \
 && /build/tools/bin/python -c 'import tomllib; project = tomllib.load(open("pyproject.toml", "rb"))["project"]; print(*project["dependencies"], *project["optional-dependencies"]["s3"], sep="\n")' > dependencies.txt \
 && /build/tools/bin/pip --python /opt/steelyard/bin/python install --no-cache-dir --no-compile \
      --constraint constraints.txt --requirement dependencies.txt \
 && /build/tools/bin/pip install --no-cache-dir --constraint constraints.txt uv hatchling
COPY README.md LICENSE /build/
COPY templates /build/templates
COPY src /build/src
RUN /build/tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /build/wheels . \
 && /build/tools/bin/pip --python /opt/steelyard/bin/python install --no-cache-dir --no-compile --no-deps /build/wheels/*.whl \
 && python3 -m compileall -q --invalidation-mode unchecked-hash /opt/steelyard/lib

FROM ${BASE}
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /build/tools/bin/uv /usr/local/bin/uv
COPY --from=build /opt/steelyard /opt/steelyard
# GitHub requires root: the mounted workspace belongs to the runner's user. The entrypoint gives back what it makes.
ENTRYPOINT ["/opt/steelyard/bin/python", "-I", "-m", "steelyard.action"]
