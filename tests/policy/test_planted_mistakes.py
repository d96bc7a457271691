"""Mistakes of every kind that are planted in instruments are found, at the place where they stand."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import check_facts
from fact_references import is_home_page, leads_to

from ladsim.core.paths import instruments_dir
from ladsim.policy.fields import Reference

HAITI = "start: {date: 2023-10-30, evidence: documented, reference: "
DOF = "https://www.jornada.com.mx/noticia/2021/11/26/politica/a-partir-de-diciembre-mexico-solicitara-visa-a-viajeros-brasilenos-7494"
CHINA = """    locator: "from 1 July 2024"
    address: "https://krdo.com/news/2024/06/18/ecuador-stops-waiving-visas-for-chinese-nationals-because-of-an-increase-in-irregular-migration/"
"""
URUGUAY = "start: {date: 2024-05-15, evidence: documented, reference: 2}"
KINDS = {
    "wrong order of dates": (
        "mpp_2021",
        "end: {date: 2022-08-08",
        "end: {date: 2021-08-08",
        "end",
        "ends before it starts",
    ),
    "against its own table": (
        "mexico_asylum_2021",
        "2021-01-01: 131418",
        "2021-01-01: 131481",
        "terms.capacity.values.2021-01-01",
        "is not total(",
    ),
    "against its own script": (
        "port_exceptions",
        "{VEN: 3.7, HTI: 0.2",
        "{VEN: 3.9, HTI: 0.2",
        "terms.walk_in_per_day.values.2021-01-01",
        "VEN 3.9 is not 3.667",
    ),
    "no reference": (
        "mexico_visa_venezuela",
        "documented\n    reference: 1\n",
        "documented\n",
        "terms.closed",
        "documented without a reference",
    ),
    "no such reference": ("haiti_charter_ban_2023", f"{HAITI}1", f"{HAITI}4", "start.reference", "no such reference"),
    "documented by no place": ("ecuador_visa_china", CHINA, "", "announced.reference", "the reference names no place"),
    "derived without arithmetic": (
        "mpp_2019",
        '    arithmetic: "540 / 21"\n',
        "",
        "terms.return_to_mexico_per_day",
        "derived without its arithmetic",
    ),
    "assumed without range": (
        "peru_visa_venezuela_2024",
        "    range: [0, 200]\n",
        "",
        "terms.charge_usd",
        "assumed without a range",
    ),
    "date without grade": ("uruguay_regularization", URUGUAY, "start: 2024-05-15", "start", "a date without a grade"),
    "home page": ("mexico_visa_brazil", DOF, "https://www.dof.gob.mx/", "references.0.address", "is a home page"),
    "in no words of its reference": (
        "belize_regularization",
        "2022-08-02: 12765",
        "2022-08-02: 13765",
        "terms.places",
        "13,765 stands in no words",
    ),
    "a day in no words": (
        "mexico_visa_peru",
        "announced: {date: 2024-04-05",
        "announced: {date: 2024-04-07",
        "announced",
        "stands in no words",
    ),
    "outside its range": (
        "nicaragua_waiver_cuba",
        "2021-11-22: 10",
        "2021-11-22: 40",
        "terms.charge_usd",
        "its own range",
    ),
    "wrong sum of days": (
        "ecuador_regularization_extension",
        "end: {date: 2025-05-01",
        "end: {date: 2025-06-01",
        "end",
        "is not 2024-08-23 + 8 months",
    ),
}
"""Kind of mistake: instrument, what stands there, what is planted, the key at which it is found, what is said of it."""


def test_a_mistake_of_each_kind_is_found_where_it_stands(tmp_path: Path) -> None:
    for name, old, new, *_ in KINDS.values():
        text = (instruments_dir() / f"{name}.yaml").read_text(encoding="utf-8")
        assert text.count(old) == 1, (name, old)
        (tmp_path / f"{name}.yaml").write_text(text.replace(old, new), encoding="utf-8")
    shutil.copy(instruments_dir() / "ecuador_regularization_2022.yaml", tmp_path)
    text = (instruments_dir() / "ecuador_regularization_2022.yaml").read_text(encoding="utf-8")
    (tmp_path / "z_again.yaml").write_text(
        text.replace("id: ecuador_regularization_2022", "id: z_again"), encoding="utf-8"
    )
    found = [f for f in check_facts.check(tmp_path) if f.wrong]
    by_file = {Path(f.place.rsplit(":", 1)[0]).stem for f in found}
    assert by_file == {name for name, *_ in KINDS.values()} | {"z_again"}
    for kind, (name, *_, key, said) in KINDS.items():
        here = [f for f in found if Path(f.place.rsplit(":", 1)[0]).stem == name]
        assert any(f.key.startswith(key) and said in f.message for f in here), (kind, [str(f) for f in here])
    [twice] = [f for f in found if "z_again" in f.place]
    assert (twice.key, twice.message) == ("terms.capacity", "two instruments count the same quantity")
    assert len(KINDS) + 1 >= 10


@pytest.mark.parametrize(
    ("address", "home"),
    [
        ("https://www.cbp.gov/", True),
        ("https://www.migracion.gob.pa", True),
        ("https://www.gob.mx/es/", True),
        ("https://www.canada.ca/en.html", True),
        ("https://www.example.org/es-MX/index.php", True),
        ("https://elvenezolanocolombia.com/?p=71052", False),
        ("https://www.dhs.gov/immigrationlaws", False),
        ("https://www.unhcr.org/refugee-statistics/", False),
        (None, False),
    ],
)
def test_a_home_page_is_no_document(address: str | None, home: bool) -> None:
    assert is_home_page(address) is home
    reference = Reference(title="A report", publisher="P", date="2024-08", locator="a number", address=address)
    assert leads_to(reference) is not home
    placed = Reference(title="A report", publisher="P", date="2024-08", locator="table 3", address=address)
    assert leads_to(placed)


def test_what_a_script_derives_is_stated_in_full(tmp_path: Path) -> None:
    """A nationality that the tables tell and the file leaves out stands at its default, which is compared too."""
    name = "port_exceptions"
    text = (instruments_dir() / f"{name}.yaml").read_text(encoding="utf-8")
    for old, new, said in (
        ("HTI: 186.1, ", "", "HTI 0 is not 186.1"),
        ("MEX: 101.4", "NIC: 5, MEX: 101.4", "NIC 5 is not derived by"),
        ("derive_walk_ins.py 2022-10..2023-01", "derive_walk_ins.py 2022-10..2022-12", "is not"),
        ("derive_walk_ins.py 2022-10..2023-01", "derive_walk_ins.py 2022-10", "cannot be derived"),
        ("derive_walk_ins.py 2022-10..2023-01", "derive_walk_out.py 2022-10..2023-01", "no such script"),
    ):
        assert old in text
        (tmp_path / f"{name}.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
        found = [f for f in check_facts.check(tmp_path) if f.wrong]
        assert found, old
        assert any(said in f.message for f in found), (old, [str(f) for f in found])
