"""A server of the example, in a process of its own: `python -m tests.http.serving '{"port": 0}'`."""

import json
import sys

from starlette.applications import Starlette

from app.http import ServeError, serve
from app.settings import Settings, load
from tests.http.example import KEY, Desk, make_app, record


def main() -> None:
    chosen = json.loads(sys.argv[1])
    desk = Desk(keys={KEY.key_id: record()}, refuses_to_start=chosen.pop("refuses_to_start", False))
    if chosen.pop("breaks_at_start", False):
        desk.start = lambda: 1 / 0  # type: ignore[method-assign,assignment,return-value]

    def build(_: Settings) -> Starlette:
        return make_app(desk, **chosen)[0]

    try:
        serve(
            load(chosen),
            started=lambda host, port: print(json.dumps([host, port, KEY.text]), flush=True),  # noqa: T201 - the test reads it
            build=build,
        )
    except ServeError as error:
        sys.exit(str(error))
    print(json.dumps([*desk.log, f"acted {len(desk.acted)}"]), flush=True)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    main()
