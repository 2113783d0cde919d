"""
The entrypoint of the container action: what stands between GitHub's runner and `steelyard ci`.

The runner starts the image as root, as the only process, with the action's inputs in `INPUT_*` variables. This
package calls `steelyard ci`, which installs the user's requirements first and reports when they cannot be, and hands
every file that was made back to whoever owns the workspace, however the run ends. Nothing else of steelyard knows that
it runs in this image.
"""
