"""What a hostile client sends, one attack a row: its bytes, and the answers that are right."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from tests.hostile.files import bomb, entities, external, formulas
from tests.hostile.siege import JSON, Siege, request

CANARY = "kanarya7q"  # part of what is submitted; no answer may repeat it
BEYOND = 1_048_577  # one byte more than a body may have
FORM = "application/x-www-form-urlencoded"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MISSING = "00000000-0000-7000-8000-000000000000"

Make = Callable[[Siege], tuple[bytes, ...]]


@dataclass(frozen=True)
class Attack:
    name: str
    make: Make
    right: frozenset[int]
    unanswered: bool = False  # the right answer is not a problem but what was asked for
    cpu: float = 0.1  # seconds of the server's processor


def bodies() -> Iterator[tuple[str, bytes]]:
    """Of a person, or of nothing at all."""
    name = CANARY.encode()
    for word in (b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1e400"):
        yield f"{word.decode()} as a number", b'{"names":[],"sex":' + word + b"}"
    for label, text in {
        "a lone high surrogate": rb"\ud800",
        "a lone low surrogate": rb"\udc00",
        "surrogates in the wrong order": rb"\udc00\ud800",
        "NUL": rb"\u0000",
        "a raw NUL": b"\0",
        "invalid UTF-8": b"\xff",
        "overlong UTF-8": b"\xc0\xaf",
        "a surrogate in UTF-8": b"\xed\xa0\x80",
    }.items():
        full = name + text
        yield label, b'{"names":[{"full":"' + full + b'","source":"test"}]}'
        yield f"{label} as a name of a field", b'{"' + full + b'":1}'
    for depth in (33, 900, 5_000, 100_000, 500_000):
        yield f"an array {depth} deep", b"[" * depth + b"]" * depth
        yield f"an object {depth} deep", (b'{"a":' * depth + b"1" + b"}" * depth)[:1_048_576]
    yield "an array that is never closed", b"[" * 1_000_000
    yield "brackets in a text", b'["' + b"[{" * 500_000 + b'"]'
    yield "escapes without end", b'"' + b"\\" * 1_000_000
    yield "quotes without end", b'"' * 1_000_000
    for digits in (19, 20, 309, 4_000, 1_000_000):
        yield f"an integer of {digits} digits", b'{"sex":' + b"9" * digits + b"}"
        yield f"a negative integer of {digits} digits", b'{"sex":-' + b"9" * digits + b"}"
    yield "a fraction of 10^6 digits", b'{"sex":0.' + b"1" * 1_000_000 + b"}"
    yield "an exponent of 10^5 digits", b'{"sex":1e' + b"9" * 100_000 + b"}"
    yield "the same field twice", b'{"sex":1,"sex":2,"names":[]}'
    yield "an unknown field", b'{"surprise":"' + name + b'"}'
    yield "an unknown field of 1 MB", b'{"' + name * 110_000 + b'":1}'
    yield "an unknown field with a name", b'{"' + name + " Проба".encode() + b'":1}'
    yield "unknown fields of JavaScript", b'{"__proto__":{"a":1},"constructor":1}'
    keys = b",".join(b'"k%d":1' % n for n in range(80_000))
    yield "10^5 fields", b"{" + keys + b"}"
    yield "10^5 fields deeper down", b'{"names":[{' + keys + b"}]}"
    yield "10^5 empty objects", b'{"names":[' + b"{}," * 300_000 + b"{}]}"
    yield "10^5 wrong members", b'{"names":[' + b'{"a":1},' * 12_000 + b"{}]}"
    yield "10^5 numbers", b'{"names":[' + b"1," * 500_000 + b"1]}"
    yield "10^5 texts", b'{"names":[' + b'"",' * 300_000 + b'""]}'
    yield "a text of 1 MB", b'{"names":[{"full":"' + name * 110_000 + b'","source":"test"}]}'
    yield (
        "combining marks without end",
        ('{"names":[{"full":"a' + "\u0301" * 300_000 + '","source":"test"}]}').encode(),
    )
    yield "a byte order mark", b'\xef\xbb\xbf{"names":[]}'
    person = f'{{"names":[{{"full":"{CANARY}","source":"test"}}]}}'
    for coding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-7"):
        yield coding, person.encode(coding) if coding != "utf-7" else b"+AHs-"
    for label, scrap in {
        "nothing but space": b"   ",
        "two values": b"{} {}",
        "a comment": b"{/* x */}",
        "single quotes": b"{'names':[]}",
        "a trailing comma": b'{"names":[],}',
        "a leading zero": b'{"sex":01}',
        "a text instead of an object": b'"' + name + b'"',
        "null": b"null",
        "true": b"true",
        "a list instead of an object": b"[]",
    }.items():
        yield label, scrap


def of_bodies() -> Iterator[Attack]:
    for name, body in bodies():

        def make(siege: Siege, body: bytes = body) -> tuple[bytes, ...]:
            return request(siege, "POST", "/v1/people", body)

        yield Attack(name, make, frozenset({422}))


def of_targets() -> Iterator[Attack]:
    def get(name: str, target: str, *right: int, cpu: float = 0.1) -> Attack:
        def make(siege: Siege) -> tuple[bytes, ...]:
            return request(siege, "GET", target)

        return Attack(name, make, frozenset(right), cpu=cpu)

    evil = ("Host", "evil.example")
    yield Attack(
        "a path that ends in a slash, and another host",
        lambda siege: request(siege, "GET", "/v1/people/", b"", evil),
        frozenset({400}),
    )
    yield get("a path that ends in a slash", "/v1/people/", 404)
    yield get("two slashes", "//evil.example/v1/people", 404)
    yield get("slashes within", "/v1//people", 404)
    for label, part in {
        "slash": "%2F",
        "backslash": "%5C",
        "bare backslash": "\\",
        "NUL": "%00",
        "doubly encoded slash": "%252F",
        "overlong slash": "%c0%af",
        "overlong dot": "%c0%ae%c0%ae/",
        "invalid UTF-8": "%ff",
        "line feed": "%0a",
        "CR LF and a header": "%0d%0aX-Evil:%20" + CANARY,
        "half an escape": "%",
        "no escape": "%zz",
        "semicolon": ";" + CANARY,
    }.items():
        yield get(f"{label} in a path", f"/v1/people{part}{MISSING}", 404)
        yield get(f"{label} in an id", f"/v1/people/{MISSING}{part}", 404)
        yield get(f"{label} instead of an id", f"/v1/people/{part}", 404)
    for dots in ("..", ".", "%2e%2e", "%2E.", "..;", "...."):
        yield get(f"{dots} within", f"/v1/people/{dots}/users", 404)
        yield get(f"{dots} at the end", f"/v1/people/{dots}", 404)
        yield get(f"{dots} before a file", f"/docs/static/{dots}/api_pages.py", 404)
    yield get("a file beside ours", "/docs/static/..%2f..%2fmain.py", 404)
    yield get("a file of the machine", "/docs/static//etc/passwd", 404)
    yield get("a path of 9 KB", "/v1/" + CANARY * 1_000, 414)
    yield get("a query of 9 KB", "/v1/people?limit=" + CANARY * 1_000, 414)
    yield get("a query of 30 KB", "/v1/people?limit=" + "1" * 30_000, 414)
    yield get("a target of 1 MB", "/v1/people?limit=" + "1" * 1_000_000, 414, 431)
    yield get("10^4 parameters", "/v1/people?" + "a&" * 4_000, 414)
    yield get("10^4 times the same parameter", "/v1/people?" + "limit=1&" * 1_000, 414)
    yield get("100 unknown parameters", "/v1/people?" + f"surprise={CANARY}&" * 99, 422)
    for label, value in {
        "overlong UTF-8": "%c0%af",
        "invalid UTF-8": "%ff",
        "NUL": "%00",
        "a huge number": "9" * 5_000,
        "a negative number": "-1",
        "a fraction": "1.5",
        "NaN": "NaN",
        "digits of another script": quote("١٢"),
    }.items():
        yield get(f"{label} as a limit", f"/v1/people?limit={value}", 422)
        yield get(f"{label} as a cursor", f"/v1/people?cursor={value}", 422)
    yield get("a cursor of our alphabet", "/v1/people?cursor=" + "A" * 2_000, 422)


def of_lines() -> Iterator[Attack]:
    """The first line and the headers."""

    def row(name: str, *right: int, **more: object) -> Callable[[Make], Attack]:
        return lambda make: Attack(name, make, frozenset(right), **more)  # type: ignore[arg-type]

    def people(siege: Siege, *more: tuple[str, str]) -> tuple[bytes, ...]:
        return request(siege, "GET", "/v1/people?limit=1", b"", *more)

    yield row("a header of 40 KB", 431)(lambda s: people(s, ("X-A", CANARY * 4_500)))
    yield row("a header of 1 MB", 431)(lambda s: people(s, ("X-A", "a" * 1_000_000)))
    yield row("a header without end", 431)(
        lambda s: (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ", *[b"a" * 65_536] * 400)
    )
    yield row("200 headers", 431)(lambda s: people(s, *[(f"X-{n}", CANARY) for n in range(200)]))
    yield row("10^4 headers", 431)(lambda s: people(s, *[("X-A", "1") for n in range(10_000)]))
    yield row("10^5 headers", 431)(lambda s: people(s, *[("X-A", "1") for n in range(100_000)]))
    for name in ("Host", "Authorization"):
        yield row(f"{name} twice", 400)(
            lambda s, name=name: people(s, (name, "127.0.0.1"), (name, CANARY))  # type: ignore[misc]
        )
    yield row("1,000 times Authorization", 400, 431)(
        lambda s: people(s, *[("Authorization", "Bearer x")] * 90)
    )
    for label, value in {
        "nothing": "",
        "another scheme": f"Basic {CANARY}",
        "no token": "Bearer",
        "a token that is none": f"Bearer {CANARY}",
        "a token of 30 KB": "Bearer " + "a" * 30_000,
        "what is not ASCII": "Bearer п" + CANARY,
        "two tokens": f"Bearer {CANARY}, Bearer {CANARY}",
    }.items():
        yield row(f"Authorization with {label}", 401)(
            lambda s, value=value: people(s, ("Authorization", value))  # type: ignore[misc]
        )
    for host in ("", "evil.example", "127.0.0.1@evil", "127.0.0.1.evil", "127.0.0.1:99999999", "*"):
        yield row(f"the host “{host}”", 400)(lambda s, host=host: people(s, ("Host", host)))  # type: ignore[misc]
    yield row("no host", 400)(lambda s: (b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n",))
    yield row("HTTP/1.0 without host", 400)(lambda s: (b"GET /healthz HTTP/1.0\r\n\r\n",))
    yield row("an absolute target of another host", 400)(
        lambda s: request(s, "GET", "http://evil.example/v1/people", b"")
    )
    yield row("an absolute target of ours, and another host", 200, unanswered=True)(
        lambda s: request(s, "GET", "http://127.0.0.1/healthz", b"", ("Host", "evil.example"))
    )
    for line in (
        b"GET / HTTP/9.9",
        b"GET / HTTP/1.1 " + CANARY.encode(),
        b"GET  /",
        b"GET",
        b"get / HTTP/1.1",
        b"\x16\x03\x01\x02\x00\x01",
        b"PRI * HTTP/2.0",
        b"KANARYA7Q / HTTP/1.1",
        b"GET /" + "п".encode() + b" HTTP/1.1",
        b"CONNECT evil.example:443 HTTP/1.1",
        b"GET / HTTP/1.1\r\nno colon",
        b"GET / HTTP/1.1\r\nX-A : 1",
        b"GET / HTTP/1.1\r\n X-A: folded",
        b"GET / HTTP/1.1\r\nX-\x00A: 1",
        b"GET / HTTP/1.1\r\nX-A: 1\x00",
    ):
        whole = line + b"\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        yield row(repr(line)[:60], 400, 404, 505)(lambda s, whole=whole: (whole,))  # type: ignore[misc]
    for method in ("TRACE", "PUT", "PATCH", "DELETE", "PROPFIND", "SEARCH", "LOCK", "PURGE"):
        yield row(f"{method} where there is none", 405)(
            lambda s, method=method: request(s, method, "/v1/people", b"")  # type: ignore[misc]
        )
    yield row("TRACE with a header to repeat", 405)(
        lambda s: request(s, "TRACE", "/healthz", b"", ("X-A", CANARY))
    )
    yield row("OPTIONS of the server", 400, 404)(lambda s: request(s, "OPTIONS", "*", b""))
    for name in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method", "_method"):
        yield row(f"{name}: DELETE on POST", 422)(
            lambda s, name=name: request(s, "POST", "/v1/people", b"{}", (name, "DELETE"))  # type: ignore[misc]
        )
    for header in ("X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Forwarded-Host"):
        yield row(f"{header} to another place", 404)(
            lambda s, header=header: request(s, "GET", "/v1/nowhere", b"", (header, "/v1/people"))  # type: ignore[misc]
        )
    yield row("a protocol to change to", 404)(
        lambda s: request(
            s, "GET", "/v1/nowhere", b"", ("Connection", "upgrade, close"), ("Upgrade", "websocket")
        )
    )
    ranges = ",".join(f"{n}-{n + 1}" for n in range(0, 400, 4))
    for path in ("/docs/static/swagger-ui-bundle.js", "/docs", "/openapi.json", "/v1/me"):
        yield row(f"100 ranges of {path}", 200, unanswered=True)(
            lambda s, path=path: request(s, "GET", path, b"", ("Range", f"bytes={ranges}"))  # type: ignore[misc]
        )
    yield row("ranges without sense", 200, unanswered=True)(
        lambda s: request(s, "GET", "/docs", b"", ("Range", "bytes=" + "-," * 5_000))
    )
    for name in ("If-Match", "If-None-Match", "Accept", "Accept-Language", "Idempotency-Key"):
        yield row(f"{name} of 20 KB", 422)(
            lambda s, name=name: request(s, "POST", "/v1/people", b"{}", (name, "a,;q=" * 4_000))  # type: ignore[misc]
        )


def of_lengths() -> Iterator[Attack]:
    def row(name: str, make: Make, *right: int) -> Attack:
        return Attack(name, make, frozenset(right))

    big = b'"' + b"a" * (BEYOND - 2) + b'"'

    def post(siege: Siege, body: bytes, *more: tuple[str, str]) -> tuple[bytes, ...]:
        return request(siege, "POST", "/v1/people", body, *more)

    yield row("1 MB and a byte", lambda s: post(s, big), 413)
    yield row(
        "1 MB and a byte in chunks",
        lambda s: request(s, "POST", "/v1/people", big, chunks=True),
        413,
    )
    yield row(
        "1 MB and a byte of JSON as a group",
        lambda s: request(s, "POST", "/v1/operations/{operation}/arrivals", big),
        413,
    )
    yield row("1 MB in chunks of a byte", lambda s: tiny(s, 1_048_000), 400)
    yield row("1 MB with GET", lambda s: request(s, "GET", "/v1/people", big, chunks=True), 413)
    for length in ("many", "-1", "+1", "1e3", "0x10", "1,1", "1 1", " ", "9" * 30, "1.0"):
        yield row(
            f"Content-Length: {length}",
            lambda s, length=length: post(s, b"{}", ("Content-Length", length)),  # type: ignore[misc]
            *(400, 413),
        )
    yield row(
        "two lengths",
        lambda s: post(s, b"{}", ("Content-Length", "2"), ("Content-Length", "3")),
        400,
    )
    yield row(
        "a length, and chunks",
        lambda s: post(s, b"0\r\n\r\n", ("Content-Length", "5"), ("Transfer-Encoding", "chunked")),
        400,
    )
    yield row(
        "a transfer coding that is none",
        lambda s: post(s, b"{}", ("Transfer-Encoding", "gzip")),
        400,
    )
    yield row(
        "a length that is short", lambda s: post(s, b'{"sex":1}', ("Content-Length", "3")), 422
    )
    for label, scrap in {
        "a chunk without a length": b"zz\r\n{}\r\n0\r\n\r\n",
        "a chunk of 2^64 bytes": b"fffffffffffffffff\r\n{}",
        "a chunk that is shorter": b"5\r\n{}\r\n0\r\n\r\n",
    }.items():
        yield row(
            label,
            lambda s, scrap=scrap: (  # type: ignore[misc]
                *request(s, "POST", "/v1/people", b"", ("Transfer-Encoding", "chunked")),
                scrap + b"\r\n\r\n",
            ),
            400,
        )
    yield row(
        "a chunk with an extension without end",
        lambda s: (
            *request(s, "POST", "/v1/people", b"", ("Transfer-Encoding", "chunked")),
            b"1;a=",
            *[b"a" * 65_536] * 400,
        ),
        *(400, 413),
    )
    yield row(
        "trailers without end",
        lambda s: (
            *request(s, "POST", "/v1/people", b"", ("Transfer-Encoding", "chunked")),
            b"2\r\n{}\r\n0\r\n",
            *[b"X-A: 1\r\n" * 8_192] * 400,
        ),
        *(400, 413),
    )
    for kind in ("text/plain", "application/xml", "multipart/form-data; boundary=x", FORM, ""):
        yield row(
            f"JSON as {kind or 'nothing'}",
            lambda s, kind=kind: post(s, b"{}", ("Content-Type", kind)),  # type: ignore[misc]
            415,
        )
    for header in (("Content-Encoding", "gzip"), ("Content-Type", f"{JSON}; charset=utf-16")):
        yield row(f"{header[0]}: {header[1]}", lambda s, h=header: post(s, b"{}", h), 415)  # type: ignore[misc]


def tiny(siege: Siege, size: int) -> tuple[bytes, ...]:
    """A body of which each byte is wrapped."""
    whole = request(
        siege, "POST", "/v1/people", b"", ("Transfer-Encoding", "chunked"), ("Content-Type", JSON)
    )
    return (*whole, b"1\r\n[\r\n" * size + b"0\r\n\r\n")


def of_forms() -> Iterator[Attack]:
    def sign_in(name: str, body: bytes, *right: int, **more: object) -> Attack:
        return Attack(
            name,
            lambda s: request(s, "POST", "/v1/token", body, role=None, kind=FORM),
            frozenset(right),
            **more,  # type: ignore[arg-type]
        )

    word = CANARY.encode()
    yield sign_in("10^4 fields of a form", b"a=1&" * 10_000, 400)
    yield sign_in("10^5 fields of a form", b"a&" * 100_000, 413)
    yield sign_in("a form with a field twice", b"grant_type=password&grant_type=" + word, 400)
    yield sign_in("a form in invalid UTF-8", b"grant_type=%ff&username=\xff", 400)
    yield sign_in("a form with NUL", b"grant_type=password&username=%00&password=%00", 400)
    yield sign_in("a form with half an escape", b"grant_type=%&username=%zz", 400)
    yield sign_in(
        "a password of 60 KB",
        b"grant_type=password&username=" + word + b"&password=" + b"a" * 60_000,
        400,
    )
    yield sign_in("a grant that is none", b"grant_type=" + word, 400)
    yield Attack(
        "a sign-in in the URL",
        lambda s: request(
            s, "POST", f"/v1/token?username={CANARY}", b"grant_type=password", role=None, kind=FORM
        ),
        frozenset({400}),
    )

    def upload(name: str, body: bytes, *right: int, kind: str = "", cpu: float = 0.1) -> Attack:
        kind = kind or "multipart/form-data; boundary=b"
        cpu = cpu + len(body) / 50_000_000  # every byte is read, counted and hashed
        path = "/v1/operations/{operation}/arrivals"
        return Attack(
            name,
            lambda s: request(s, "POST", path, body, kind=kind),
            frozenset(right),
            unanswered=200 in right,
            cpu=cpu,
        )

    field = b'--b\r\nContent-Disposition: form-data; name="dry_run"\r\n\r\ntrue\r\n'
    file = b'--b\r\nContent-Disposition: form-data; name="file"; filename="m.csv"\r\n\r\nx\r\n'
    yield upload("10^4 fields of a multipart form", field * 10_000 + b"--b--\r\n", 422)
    yield upload("10^4 files of a multipart form", file * 10_000 + b"--b--\r\n", 422)
    long = b"--b\r\nContent-Disposition: form-data; name=" + b'"' + b"a" * 1_000_000 + b'"\r\n\r\n'
    yield upload("a part with a header of 1 MB", long + b"x\r\n--b--\r\n", 422)
    many = b"--b\r\n" + b"X-A: 1\r\n" * 100_000 + b"\r\nx\r\n--b--\r\n"
    yield upload("a part with 10^5 headers", many, 422)
    yield upload("a field of 9 MB", field[:-6] + b"a" * 9_000_000 + b"\r\n--b--\r\n", 422)
    yield upload("a form that is never closed", file, 422)
    yield upload("a form of nothing but its boundary", b"--b" * 300_000, 422)
    yield upload("a form of line feeds", b"\r\n" * 500_000, 422)
    yield upload("a form without boundary", file, 422, kind="multipart/form-data")
    yield upload(
        "a boundary of 1 KB", file, 422, kind="multipart/form-data; boundary=" + "b" * 1_000
    )
    yield upload("a boundary that is empty", file, 422, kind="multipart/form-data; boundary=")
    yield upload(
        "a name of a file with a path",
        file.replace(b"m.csv", b"../../../etc/m.csv") + b"--b--\r\n",
        200,
    )
    yield upload("a file of 10 MB and a byte", b"a" * 10_485_761, 413, kind="text/csv")

    def table(name: str, body: bytes, kind: str = "text/csv", cpu: float = 0.1) -> Attack:
        return upload(name, body, 200, kind=kind, cpu=cpu)  # tried only: its problems are told

    yield table("a table with NUL", "ФИО,Пол\nа\0б,ж\n".encode())
    yield table("a table of 10^6 columns", b"," * 1_000_000)
    yield table("a table of 10^6 named columns", "ФИО,Пол".encode() + b",a" * 1_000_000)
    yield table("a table of 10^6 rows", "ФИО,Пол\n".encode() + b"a,m\n" * 1_000_000)
    yield table("a cell of 9 MB", "ФИО,Пол\n".encode() + b"a" * 9_000_000)
    yield table("a quote that is not closed", "ФИО,Пол\n".encode() + b'"' + b"a\n" * 1_000_000)
    yield table("a table of quotes", b'"' * 1_000_001)
    yield table("a table in UTF-16", "ФИО,Пол\nа,ж\n".encode("utf-16"))
    yield table("formulas", formulas())
    yield table("a bomb of a workbook", bomb(), SHEET)
    yield table("a workbook with entities that multiply", entities(), SHEET)
    yield table("a workbook with an entity from elsewhere", external(), SHEET)
    yield table("an archive that is none", b"PK\x03\x04" + b"\xff" * 1_000_000, SHEET)


def attacks() -> list[Attack]:
    return [*of_bodies(), *of_targets(), *of_lines(), *of_lengths(), *of_forms()]
