"""What an operator may set, by environment variables that begin with CASEWORK_."""

import shlex
from functools import cached_property
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url

RATE = r"^(off|[1-9][0-9]{0,4}/[1-9][0-9]{0,5})$"
HOURS = r"^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$"
VERIFIED = ("verify-ca", "verify-full")  # anything less encrypts for whoever answers


class UnsafeSettings(RuntimeError):
    """The application refuses to start with this configuration; the message names the setting."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CASEWORK_", extra="ignore")

    database_url: str = "sqlite:///var/casework.db"
    migration_url: str | None = None  # PostgreSQL only: the owner of the tables
    trusted_database_network: bool = False  # PostgreSQL without verified TLS beyond this machine
    pooler: Literal["none", "transaction"] = "none"  # PostgreSQL only: PgBouncer before it
    database_key_file: Path = Path("var/casework.key")  # SQLite only: the key of the file
    # What wraps the data keys of all files: in a file, by default var/master.key, or printed.
    master_key_file: Path | None = None
    master_key_command: str | None = None
    master_key_seconds: float = Field(10, gt=0, le=300)  # for the command
    erasure_list_file: Path = Path("var/erasures.list")  # ids of what a restore must not bring back
    sequencer: bool = True  # whether this process lets the signed log grow; one suffices
    log_key_file: Path = Path("var/log.key")  # signs the log; whoever lets it grow has it
    log_checkpoint_file: Path = Path("var/log.checkpoint")  # what was signed last
    # The second record of events: a file, `syslog:` and its socket, or nothing.
    sink: str = Field("var/log.sink", pattern=r"^(syslog:/.+|[^:]*)$")
    witnesses: Annotated[list[str], NoDecode] = []  # each its key, a space and its address
    reading_notices: bool = True  # whether this process tells of readings; one suffices
    overdue_notices: bool = True  # and of what is overdue; likewise
    hours_of_work: str = Field("07:00-20:00", pattern=HOURS)  # by the clock of each jurisdiction
    bulk_of_readings: int = Field(200, ge=10, le=100_000)  # files that one may be shown in an hour
    log_origin: str | None = Field(None, pattern=r"^[^\s+]{1,200}$")  # its name; else one is made
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    trusted_hosts: Annotated[list[str], NoDecode] = ["127.0.0.1", "localhost", "[::1]"]
    trusted_proxies: Annotated[list[str], NoDecode] = []  # whose X-Forwarded-For is believed
    lanes: int = Field(6, ge=1, le=64)  # threads, each with one database connection at a time
    lines: int = Field(16, ge=1, le=200)  # connections to PostgreSQL that need no thread
    queue: int = Field(200, ge=1)  # requests that may wait for a lane before 503
    max_connections: int = Field(1000, ge=10, le=100_000)  # open at one time; of each process
    max_body_bytes: int = Field(1_048_576, ge=1024)
    max_upload_bytes: int = Field(10_485_760, ge=1024)
    max_held_bytes: int = Field(134_217_728, ge=1024)  # bodies of all requests at one time
    head_seconds: float = Field(10, gt=0, le=600)  # for the first lines of a request to arrive
    body_seconds: float = Field(60, gt=0, le=3600)  # for its body, and for taking the answer
    access_token_seconds: int = Field(900, ge=60, le=3600)
    session_hours: int = Field(12, ge=1, le=24)
    dormant_days: int = Field(30, ge=1, le=365)  # without a sign-in, until an account is locked
    # Requests a second, after so many at once; or `off`. Of each worker process.
    rate_per_token: str = Field("200/2000", pattern=RATE)
    rate_per_address: str = Field("500/4000", pattern=RATE)  # an office may share one address
    rate_of_searches: str = Field("20/200", pattern=RATE)  # by name, for each token
    rate_of_sign_ins: str = Field("20/400", pattern=RATE)  # for each address
    password_hashes_at_once: int = Field(2, ge=1, le=16)  # each holds 19 MiB and a core
    # Sign-ins that a process knows without asking, at 3 KiB each, and as many looks at a case.
    remembered: int = Field(10_000, ge=100, le=1_000_000)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"  # of our own lines
    metrics: Literal["loopback", "off"] = "loopback"  # who may ask GET /metrics
    api_pages: bool | None = None  # /docs and /openapi.json; else on a loopback address alone
    otlp_endpoint: str | None = None  # where spans go, by OTLP over HTTP; needs the extra `otel`

    @field_validator("trusted_hosts", "trusted_proxies", "witnesses", mode="before")
    @classmethod
    def split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",")] if isinstance(value, str) else value

    @field_validator("hours_of_work")
    @classmethod
    def forwards(cls, hours: str) -> str:
        opens, closes = hours.split("-")
        if opens >= closes:
            raise ValueError("they end before they begin")
        return hours

    @property
    def master_key_path(self) -> Path:
        return self.master_key_file or Path("var/master.key")

    @property
    def master_key_words(self) -> list[str]:
        """The command and what it is given, parted as by a shell. ValueError where none can be."""
        return shlex.split(self.master_key_command or "")

    @cached_property
    def loopback(self) -> bool:
        return is_loopback(self.host)

    @property
    def shows_api(self) -> bool:
        """Whether it describes itself to whoever asks; what is reachable must be told to do so."""
        return self.loopback if self.api_pages is None else self.api_pages

    @property
    def connections(self) -> int:
        """One for each thread that may want one, and two for who looks after the service."""
        lines = 0 if self.pooler == "transaction" else self.lines
        return self.lanes + lines + 2 * self.password_hashes_at_once + self.looking_after + 2

    @property
    def looking_after(self) -> int:
        """Threads beside the requests."""
        return 2 * self.sequencer + self.reading_notices + self.overdue_notices

    def check(self) -> None:
        """Refuse what must not run, by the name of the setting."""
        for proxy in self.trusted_proxies:
            if not narrow(proxy):
                raise UnsafeSettings(
                    f"CASEWORK_TRUSTED_PROXIES: {proxy!r} is neither an address nor a network of "
                    "proxies; * or a network as wide as that lets anybody claim any address"
                )
        if any("*" in host for host in self.trusted_hosts):
            raise UnsafeSettings("CASEWORK_TRUSTED_HOSTS: name the hosts; * trusts every one")
        if not self.loopback and set(self.trusted_hosts) <= {"127.0.0.1", "localhost", "[::1]"}:
            raise UnsafeSettings(
                f"CASEWORK_TRUSTED_HOSTS: still the default, while CASEWORK_HOST={self.host} "
                "is reachable from outside"
            )
        self.check_master_key()
        if self.master_key_path.resolve() == self.database_key_file.resolve():
            raise UnsafeSettings("CASEWORK_MASTER_KEY_FILE: must not be the database's key file")
        if self.log_key_file.resolve() in map(
            Path.resolve, (self.master_key_path, self.database_key_file)
        ):
            raise UnsafeSettings("CASEWORK_LOG_KEY_FILE: must not be another key's file")
        if self.otlp_endpoint and not told_safely(self.otlp_endpoint):
            raise UnsafeSettings(
                "CASEWORK_OTLP_ENDPOINT: an https:// address, or http:// on this machine"
            )
        self.check_network("CASEWORK_DATABASE_URL", self.database_url)
        self.check_network("CASEWORK_MIGRATION_URL", self.migration_url)

    def check_master_key(self) -> None:
        """From one place, so that nobody believes in a key that is not in use."""
        if self.master_key_command is None:
            return
        name = "CASEWORK_MASTER_KEY_COMMAND"
        if self.master_key_file is not None:
            raise UnsafeSettings(f"{name}: name it or CASEWORK_MASTER_KEY_FILE, not both")
        try:
            words = self.master_key_words
        except ValueError:
            words = []
        if not words:
            raise UnsafeSettings(f"{name}: is no command; mind the quotation marks")

    def check_network(self, name: str, location: str | None) -> None:
        """Records must not cross a network in the clear, nor go to whoever answers there.

        An operator whose database network is closed, for example between two containers, says so.
        """
        url = make_url(location) if location else None
        if url is None or url.get_backend_name() == "sqlite" or self.trusted_database_network:
            return
        host = url.host or str(url.query.get("host", ""))
        if not host or host.startswith("/") or is_loopback(host):
            return
        if url.query.get("sslmode") not in VERIFIED:
            raise UnsafeSettings(
                f"{name}: add sslmode=verify-full, or set CASEWORK_TRUSTED_DATABASE_NETWORK=true "
                "if nobody else is on that network"
            )

    def check_demo(self, synthetic: bool) -> None:
        """Demo sign-ins are published by design: they serve this machine alone."""
        if synthetic and not self.loopback:
            raise UnsafeSettings(
                f"CASEWORK_HOST: {self.host} is reachable from outside, and this database holds "
                "the demo with its default sign-ins"
            )


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def narrow(proxies: str) -> bool:
    """An address or a network, and not half the world; a name would be believed of nobody."""
    try:
        network = ip_network(proxies)
    except ValueError:
        return False
    return network.prefixlen >= (8 if network.version == 4 else 16)


def told_safely(address: str) -> bool:
    url = urlsplit(address)
    host = url.hostname or ""
    return bool(host) and (url.scheme == "https" or (url.scheme == "http" and is_loopback(host)))
