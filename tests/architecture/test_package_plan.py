"""Each package under casework is built alike; what is missing is told by name."""

import ast
import shutil
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from app import casework
from app.core.db import Base
from app.registry.cases.models import CaseRecord
from app.safeguards.access.policy import POLICY, TABLE
from app.safeguards.guard.protected import protected_kinds
from tests.architecture.source import APP, ROOT

FILES = ("__init__.py", "models.py", "schemas.py", "rules.py", "service.py", "routes.py")
# Packages that lack a file, and why they need none.
WITHOUT = {
    ("alerts", "rules.py"): "what an alert is and whom it reaches is data of pathways",
}
PACKAGES = sorted(p.name for p in (APP / "casework").iterdir() if (p / "__init__.py").exists())


def migrated() -> set[str]:
    """Tables that some migration makes."""
    return {
        node.args[0].value
        for file in (ROOT / "migrations/versions").glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "op.create_table"
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def lacking(folder: Path, name: str) -> list[str]:
    """What a package does not have yet, in the order in which one would write it."""
    where = f"app/casework/{name}"
    found = [
        f"{where}/{file} is missing"
        for file in FILES
        if not (folder / name / file).exists() and (name, file) not in WITHOUT
    ]
    if (name, "routes.py") not in WITHOUT and not any(
        one for one in casework.ROUTERS if module_of(one) == f"app.casework.{name}.routes"
    ):
        found.append(f"app/casework/__init__.py: ROUTERS lacks the router of {name}")
    kinds = [
        kind
        for kind in protected_kinds(CaseRecord)
        if kind.__module__.startswith(f"app.casework.{name}.")
    ]
    if (name, "models.py") not in WITHOUT and not kinds:
        found.append(f"{where}/models.py declares no CaseRecord")
    for kind in kinds:
        if kind.record not in POLICY.records:
            found.append(f"policy.toml has no [record.{kind.record}]")
        if str(kind.__tablename__) not in migrated():
            found.append(f"no migration makes the table {kind.__tablename__}")
    return found


def module_of(router: object) -> str:
    """Where a router's handlers are written."""
    (route, *_) = router.routes  # type: ignore[attr-defined]
    module: str = route.endpoint.door.endpoint.__module__
    return module


@pytest.mark.parametrize("name", PACKAGES)
def test_the_package_is_whole(name: str) -> None:
    missing = lacking(APP / "casework", name)
    assert not missing, "\n".join(missing)


def test_a_newcomer_is_told_all_that_is_missing(tmp_path: Path) -> None:
    (tmp_path / "visits").mkdir()
    shutil.copy(APP / "casework/notes/models.py", tmp_path / "visits")
    assert lacking(tmp_path, "visits") == [
        *(f"app/casework/visits/{file} is missing" for file in FILES if file != "models.py"),
        "app/casework/__init__.py: ROUTERS lacks the router of visits",
        "app/casework/visits/models.py declares no CaseRecord",
    ]


def test_no_exception_outlives_its_need() -> None:
    assert not [f"{n}/{file}" for n, file in WITHOUT if (APP / "casework" / n / file).exists()]
    assert {n for n, _ in WITHOUT} <= set(PACKAGES)


def test_every_table_has_a_migration() -> None:
    assert set(Base.metadata.tables) - migrated() == set()


def test_every_record_of_the_policy_is_a_kind_or_a_view() -> None:
    """Some are other rows seen another way: no table of their own stands behind them."""
    kinds = {kind.record for kind in protected_kinds()}
    views = {"access", "bundle", "client", "event", "glass", "history", "log", "policy", "readers"}
    views |= {"instrument"}  # a file, and no row
    assert set(tomllib.loads(TABLE.read_text())["record"]) - kinds - views == set()


def test_rules_are_pure() -> None:
    """Also in the names that the import contracts cannot see: nobody asks a clock."""
    for file in APP.rglob("rules.py"):
        module = import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
        tree = ast.parse(file.read_text())
        called = {ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
        asks = {"now", "datetime.now", "date.today", "datetime.utcnow", "time.time", "random"}
        assert not called & asks, f"{module.__name__} asks {called & asks}"
