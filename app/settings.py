"""Settings: read once from `SPENDABLE_…`, frozen, and every limit named with its unit."""

import re
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX: Final = "SPENDABLE_"
_SQLITE: Final = "sqlite"
_ORIGIN: Final = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[1-9][0-9]{0,4})?", re.ASCII)
_IMPLIED_PORT: Final = re.compile(r"http://.*:80|https://.*:443")
_POSTGRES: Final = ("postgres", "postgresql")


class SettingsError(ValueError):
    """A setting cannot be used; the message is one sentence for whoever set it, without its value."""


def _check_database_url(text: str) -> str:
    wanted = "must look like sqlite:///PATH or postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise ValueError(wanted) from None
    if parts.scheme == _SQLITE:
        usable = not parts.netloc and len(parts.path) > 1 and not parts.path.endswith("/")
    else:
        usable = parts.scheme in _POSTGRES and len(parts.path) > 1
    if not usable or "\0" in text:
        raise ValueError(wanted)
    return text


def _check_owner_url(text: str | None) -> str | None:
    if text is not None and _check_database_url(text).startswith(_SQLITE):
        raise ValueError("must look like postgresql://USER:PASSWORD@HOST:PORT/DATABASE")
    return text


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _check_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    # Compared with what a browser sends, letter by letter: small letters, and no port that the scheme implies.
    if any(not _ORIGIN.fullmatch(origin) or _IMPLIED_PORT.fullmatch(origin) for origin in origins):
        raise ValueError("must be origins as browsers send them, such as https://app.example.com, separated by commas")
    return origins


def _check_networks(networks: tuple[str, ...]) -> tuple[str, ...]:
    for network in networks:
        try:
            ip_network(network)
        except ValueError:
            raise ValueError("must be IP addresses or networks such as 10.0.0.0/8, separated by commas") from None
    return networks


def _positive(default: int, description: str) -> int:
    made: int = Field(default, ge=1, le=1 << 30, description=description)
    return made


def _seconds(default: float, description: str) -> float:
    made: float = Field(default, gt=0, le=86_400, allow_inf_nan=False, description=description)
    return made


class Settings(BaseSettings):
    """What an operator may choose; the defaults serve one machine."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True)

    database_url: Annotated[str, AfterValidator(_check_database_url)] = Field(
        "sqlite:///var/spendable.db",
        description="Where the ledger is kept: sqlite:///PATH, or postgresql://… for production.",
    )
    migrate_url: Annotated[str | None, AfterValidator(_check_owner_url)] = Field(
        None,
        description="Where migrations connect, as the owner of the tables; as the server does if not set.",
    )
    row_level_security: bool | None = Field(
        default=None,
        description="Let migrations have PostgreSQL keep tenants apart too; if not set, in the profile production.",
    )
    database_statement_cache: bool = Field(
        default=True,
        description="Keep prepared statements; switch off behind pgbouncer in transaction mode.",
    )
    host: str = Field("127.0.0.1", min_length=1, description="The address to listen on.")
    port: int = Field(8000, ge=0, le=65_535, description="The TCP port to listen on; 0 takes a free one.")
    workers: int = Field(1, ge=1, le=64, description="Server processes; SQLite allows one.")
    profile: str = Field(
        "production",
        pattern="^(production|development)$",
        description="production or development: what other settings default to where safety and convenience differ.",
    )
    graphiql_enabled: bool | None = Field(
        default=None,
        description="Serve GraphiQL, the page to try the API with; if not set, in the profile development.",
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(_check_origins)] = (
        Field(
            (),
            description="Web origins, separated by commas, whose pages may call the API from a browser.",
        )
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(_check_networks)] = (
        Field(
            (),
            description="Addresses or networks, separated by commas, of proxies whose X-Forwarded-For is believed.",
        )
    )
    log_level: str = Field(
        "INFO",
        pattern="^(DEBUG|INFO|WARNING|ERROR)$",
        description="The least severe log line to write; DEBUG also tells the messages of unexpected errors.",
    )
    log_format: str = Field(
        "auto",
        pattern="^(auto|json|pretty)$",
        description="Log lines as json or pretty; auto is pretty on a terminal and json elsewhere.",
    )
    access_log: bool = Field(default=True, description="Write a line for each request, at the level INFO.")

    batch_commands_max: int = _positive(1_000, "Commands in one call, and in one database transaction.")
    queue_commands_max: int = _positive(4_096, "Commands of one tenant that may wait for the writer.")
    queue_commands_total_max: int = _positive(16_384, "Commands of all tenants that may wait for the writer.")
    writer_lanes: int = Field(4, ge=1, le=64, description="Tenants written at the same time, a connection each.")
    readers_max: int = Field(8, ge=1, le=256, description="Connections that reads may use at the same time.")
    statement_seconds_max: float = _seconds(5, "Seconds after which the database gives up a statement.")
    read_seconds_max: float = _seconds(8, "Seconds that one operation's reads may hold their snapshot.")
    client_deadline_seconds: float = _seconds(10, "Seconds after which a query is given up.")
    sweep_interval_seconds: float = _seconds(1, "Seconds between two looks for expired holds.")
    shutdown_seconds: float = _seconds(20, "Seconds that stopping may take to finish what was accepted.")
    ready_check_seconds_max: float = _seconds(2, "Seconds after which a readiness check counts as failed.")
    key_cache_seconds: float = Field(
        2.0, ge=0, le=5, description="Seconds that a looked-up API key is remembered; a revocation waits as long."
    )

    jwt_issuers_file: str | None = Field(
        None, min_length=1, description="The TOML file of the issuers whose tokens (JWT) are believed; none if not set."
    )
    refusal_milliseconds: int = Field(
        20, ge=0, le=1_000, description="Milliseconds that a wrong key or token is answered after, whatever was wrong."
    )

    requests_in_flight_max: int = _positive(1_024, "Requests being answered at the same time, by one process.")
    tenant_operations_max: int = _positive(512, "Operations of one tenant under way at the same time, in one process.")
    budget_points_max: int = _positive(100_000, "Points that a bearer's budget holds, in each process.")
    budget_points_per_second: int = _positive(10_000, "Points by which a bearer's budget fills each second.")
    body_bytes_max: int = _positive(1_048_576, "Bytes of a request's body.")
    body_seconds_max: float = _seconds(10, "Seconds that a request's body may take to arrive.")
    header_bytes_max: int = _positive(16_384, "Bytes of a request's line and headers.")
    header_seconds_max: float = _seconds(10, "Seconds that a request's line and headers may take to arrive.")
    idle_seconds_max: float = _seconds(30, "Seconds that a connection may wait for its next request.")
    write_seconds_max: float = _seconds(20, "Seconds that a caller may take to read an answer.")
    connections_max: int = _positive(4_096, "Connections of one process; fewer where it may not open as many files.")
    client_connections_max: int = _positive(
        512, "Connections of one client address to one process; behind a trusted proxy, its requests at the same time."
    )
    json_depth_max: int = Field(32, ge=8, le=128, description="Levels of nesting in a request's JSON.")

    document_characters_max: int = _positive(65_536, "Characters of a GraphQL document.")
    document_tokens_max: int = _positive(2_000, "Tokens of a GraphQL document; what is longer belongs in variables.")
    document_comments_max: int = _positive(1_000, "Comments in a GraphQL document.")
    document_nesting_max: int = Field(64, ge=1, le=128, description="Levels of brackets in a GraphQL document.")
    document_directives_max: int = _positive(64, "Directives in a GraphQL document.")
    document_inputs_max: int = _positive(250, "Arguments, and members of inputs, written in a GraphQL document.")
    document_arguments_max: int = _positive(32, "Arguments of one field.")
    document_text_characters_max: int = _positive(8_192, "Characters of all texts written in a GraphQL document.")
    document_operations_max: int = _positive(32, "Operations in a GraphQL document.")
    document_depth_max: int = _positive(16, "Levels of nested fields in an operation, fragments included.")
    document_aliases_max: int = _positive(64, "Aliases in an operation, fragments included.")
    document_fields_max: int = _positive(500, "Fields in an operation, fragments included.")
    document_variables_max: int = _positive(100, "Variables of an operation.")
    document_root_fields_max: int = _positive(20, "Root fields in an operation, fragments included.")
    document_fragments_max: int = _positive(64, "Fragments defined in a document.")
    document_merges_max: int = _positive(1_000, "Pairs of fields in an operation that answer under one name.")
    document_nodes_max: int = _positive(10_000, "Nodes that an operation's pages and lists may come to.")
    documents_mode: str = Field(
        "allow",
        pattern="^(off|allow|only)$",
        description="Documents by id or hash: not offered (off), beside texts (allow), or published ones only (only).",
    )
    documents_folder: str | None = Field(
        None, min_length=1, description="The folder of published documents, as spendable documents publish fills it."
    )
    documents_cached_max: int = _positive(512, "Checked GraphQL documents that are kept.")
    documents_cached_characters_max: int = _positive(524_288, "Characters of the checked documents that are kept.")

    @property
    def serves_graphiql(self) -> bool:
        """Whether GraphiQL is served: as set, else as the profile has it."""
        return self.profile == "development" if self.graphiql_enabled is None else self.graphiql_enabled

    @property
    def binds_rows(self) -> bool:
        """Whether row-level security binds whoever connects: as set, else as the profile has it."""
        return self.profile == "production" if self.row_level_security is None else self.row_level_security

    @property
    def takes_key_from_address(self) -> bool:
        """Whether GraphiQL may be opened by a link with a key in it, which the browser's history keeps."""
        return self.profile == "development"

    def environment(self) -> dict[str, str]:
        """Return these settings as environment variables, so that a worker process reads the same."""
        made = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if value is None:
                continue
            made[f"{PREFIX}{name.upper()}"] = ",".join(value) if isinstance(value, tuple) else str(value)
        return made


class DemoSettings(Settings):
    """The same for the demo, which is there to be tried."""

    profile: str = Field("development", pattern="^(production|development)$")


def load(flags: Mapping[str, object] | None = None, kind: type[Settings] = Settings) -> Settings:
    """Read the environment; flags given by name win. Raises SettingsError with one sentence."""
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    try:
        return kind(**given)  # type: ignore[arg-type]  # pydantic checks the values
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        named = f"--{name.replace('_', '-')}" if name in given else f"{PREFIX}{name.upper().removeprefix(PREFIX)}"
        message = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{named} {message[0].lower()}{message[1:].rstrip('.')}.") from None
