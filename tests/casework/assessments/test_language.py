"""Each way to break an instrument's file is refused with file, line and key."""

from pathlib import Path
from typing import NamedTuple

import pytest

from app.casework.assessments.scoring.catalogue import INSTRUMENTS, read_catalogue
from app.core.datafile import DataFileError
from app.core.sealed_data import read_files


class Break(NamedTuple):
    folder: str
    old: str
    new: str
    mark: str  # first text on the line that is blamed, in the broken file
    fault: str  # what is said


ITEM = '[[items]]\nitems = ["1-9"]\n'
POSITIVE = 'when = "total >= 10"'
SDQ_TOTAL = 'total = ["0-13", "14-16", "17-40"]'

BREAKS = {
    # keys
    "unknown key": Break("phq9", "version = 1", "version = 1\ncolour = 2", "colour", "unknown key: colour"),
    "key of an item": Break("phq9", ITEM, ITEM + "text = 'x'\n", "text = 'x'", "unknown key: text"),
    "key of a scale": Break("phq9", 'name = "total"\n', 'name = "total"\nmean = true\n', "mean = true", "unknown key: mean"),
    "key of a prorating": Break("phq9", "decimals = 0 }", "decimals = 0, up = 1 }", "prorate =", "unknown key: up"),
    "key of a percent": Break("who5", "decimals = 0 }", "decimals = 0, up = 1 }", "percent =", "unknown key: up"),
    "key of an extra": Break("moca", "extra = { ", "extra = { x = 1, ", "extra =", "unknown key: x"),
    "key of a count": Break("phq9", "least = 2\napart", "least = 2\nx = 1\napart", "x = 1", "unknown key: x"),
    "key of bands": Break("phq9", 'set = "standard"', 'set = "standard"\nx = 1', "x = 1", "unknown key: x"),
    "key of a cut-off": Break("phq9", POSITIVE, POSITIVE + "\nx = 1", "x = 1", "unknown key: x"),
    "key of an outcome": Break("phq9", "needs_all", "x = 1\nneeds_all", "x = 1", "unknown key: x"),
    "key of a rule": Break("phq9", 'gives = "major"', 'x = 1\ngives = "major"', "x = 1", "unknown key: x"),
    "key of what is critical": Break("phq9", "ask = true", "ask = true\nx = 1", "x = 1", "unknown key: x"),
    "key of a change": Break("phq9", "least = 6", "least = 6\nx = 1", "x = 1", "unknown key: x"),
    "key of a respondent": Break("phq9", "youngest = 18", "youngest = 18\nx = 1", "x = 1", "unknown key: x"),
    "key of the licence": Break("phq9", "electronic", "x = 1\nelectronic", "x = 1", "unknown key: x"),
    "key of the timing": Break("phq9", "recall_days", "x = 1\nrecall_days", "x = 1", "unknown key: x"),
    "key of a skip": Break("k10", "answer = 1", "answer = 1\nx = 1", "x = 1", "unknown key: x"),
    "key of a fact": Break("moca", "title = { en = \"Twelve", "x = 1\ntitle = { en = \"Twelve", "x = 1", "unknown key: x"),
    "key of a source": Break("phq9", "shaw = { ", "shaw = { x = 1, ", "shaw =", "unknown key: x"),
    # what every file says
    "no code": Break("phq9", 'code = "phq9"\n', "", "#", "code is missing"),
    "another's code": Break("phq9", 'code = "phq9"', 'code = "PHQ-8"', "code", "code must be that of the folder phq9"),
    "another version": Break("phq9", "version = 1", "version = 2", "version", "version must be 1"),
    "no scoring version": Break("phq9", "scoring_version = 1\n", "", "#", "scoring_version is missing"),
    "no Russian": Break("phq9", ', ru = "Опросник здоровья пациента, девять пунктов"', "", "title", "title is missing in ru"),
    "no licence": Break("phq9", "[licence]", "[licences]", "#", "licence is missing"),
    "no holder": Break("phq9", 'holder = "Pfizer"\n', "", "[licence]", "holder is missing"),
    "no terms": Break("phq9", 'terms = "Free', 'x = "Free', "[licence]", "terms is missing"),
    "no word on screens": Break("phq9", "electronic = true\n", "", "[licence]", "electronic is missing"),
    "no word on attesting": Break("phq9", "attestation = false\n", "", "[licence]", "attestation is missing"),
    "no screen and no attestation": Break("sdq", "attestation = true", "attestation = false", "attestation", "needs an attestation"),
    "no recall": Break("phq9", "recall_days = 14\n", "", "[timing]", "recall_days is missing"),
    "no retest": Break("phq9", "retest_days = [14, 28]\n", "", "[timing]", "the fewest and the most"),
    "retest of one": Break("phq9", "[14, 28]", "[14]", "retest_days", "the fewest and the most"),
    "retest at once": Break("phq9", "[14, 28]", "[0, 28]", "retest_days", "the fewest and the most"),
    "retest backwards": Break("phq9", "[14, 28]", "[28, 14]", "retest_days", "the fewest and the most"),
    "retest on one day": Break("phq9", "[14, 28]", "[28, 28]", "retest_days", "less than a week apart"),
    "retest in six days": Break("phq9", "[14, 28]", "[14, 20]", "retest_days", "less than a week apart"),
    "retest within recall": Break("phq9", "[14, 28]", "[13, 28]", "retest_days", "begins within recall_days"),
    "nobody answers": Break("phq9", '[[respondents]]\nkind = "self"\nyoungest = 18\nsource = ["practice"]\n', "", "#", "respondents is missing"),
    "respondent unknown": Break("phq9", 'kind = "self"', 'kind = "dog"', 'kind = "dog"', "unknown respondent: dog"),
    "respondent twice": Break("k10", 'kind = "interviewer"', 'kind = "self"', 'kind = "self"\nyoungest = 18\nsource = ["practice"]\n\n[licence]', "respondent twice: self"),
    "ages backwards": Break("cries8", "oldest = 18", "oldest = 7", "oldest", "oldest must be at least 8"),
    "no age": Break("phq9", "youngest = 18\n", "", "[[respondents]]", "youngest is missing"),
    # what it is called, whose it is, what it posts, what is told first
    "no usual name": Break("phq9", 'name = "PHQ-9"\n', "", "#", "name is missing"),
    "of justice": Break("phq9", 'record_classes = ["clinical"]', 'record_classes = ["justice"]', "record_classes", "unknown record class: justice"),
    "of no class": Break("phq9", 'record_classes = ["clinical"]\n', "", "#", "record_classes is missing"),
    "posts a number": Break("phq9", 'milestones = [', 'milestones = [1, ', "milestones", "must hold text only"),
    "headline of no scale": Break("phq9", '[headline]\nscale = "total"', '[headline]\nscale = "sum"', 'scale = "sum"', "unknown scale: sum"),
    "headline of no bands": Break("phq9", 'bands = "standard"\n', 'bands = "k6"\n', 'bands = "k6"', "unknown bands: k6"),
    "headline of another scale's bands": Break("k10", '[headline]\nscale = "total"', '[headline]\nscale = "K6"', 'bands = "standard"', "unknown bands: standard"),
    "headline of no cut-off": Break("phq9", 'cutoff = "positive"', 'cutoff = "low"', 'cutoff = "low"', "unknown cutoff: low"),
    "headline of no outcome": Break("itq", 'outcome = "diagnosis"', 'outcome = "x"', 'outcome = "x"', "unknown outcome: x"),
    "headline of two": Break("phq9", 'cutoff = "positive"', 'cutoff = "positive"\noutcome = "algorithm"', "outcome", "either cutoff or outcome"),
    "key of the headline": Break("phq9", "[headline]", "[headline]\nx = 1", "x = 1", "unknown key: x"),
    # sources
    "no source": Break("phq9", 'when = "item_9 >= 1"\nask = true\nsource = ["camcops"]', 'when = "item_9 >= 1"\nask = true', "[[critical]]", "source is missing"),
    "empty source": Break("phq9", 'when = "item_9 >= 1"\nask = true\nsource = ["camcops"]', 'when = "item_9 >= 1"\nask = true\nsource = []', "source = []", "source is empty"),
    "source unknown": Break("phq9", 'source = ["pfizer"]', 'source = ["somebody"]', 'source = ["somebody"]', "unknown source: somebody"),
    "source uncited": Break("phq9", "[sources]", '[sources]\nspare = { cite = "x", confirmed = true }', "spare", "nothing cites the source spare"),
    "source of unknown weight": Break("phq9", "[sources]", '[sources]\nspare = { cite = "x" }', "spare", "confirmed is missing"),
    "source without words": Break("phq9", "[sources]", "[sources]\nspare = { }", "spare", "cite is missing"),
    # items
    "no item": Break("phq9", '[[items]]\nitems = ["1-9"]', '[[items]]\nitems = ["nine"]', 'items = ["nine"]', "not an item or a run of items: nine"),
    "run backwards": Break("phq9", '[[items]]\nitems = ["1-9"]', '[[items]]\nitems = ["9-1"]', 'items = ["9-1"]', "not an item or a run of items: 9-1"),
    "run of one": Break("phq9", 'items = ["10"]', 'items = ["10-10"]', 'items = ["10-10"]', "not an item or a run of items: 10-10"),
    "run of two": Break("itq", '["P1-P9", "C1-C9"]', '["P1-C9"]', "items = ", "not an item or a run of items: P1-C9"),
    "item twice": Break("phq9", 'items = ["10"]', 'items = ["9"]', "[[items]]\nitems = [\"9\"]", "9 is named twice"),
    "item twice in one": Break("phq9", 'items = ["10"]', 'items = ["10", "10"]', 'items = ["10", "10"]', "items has 10 twice"),
    "item twice in runs": Break("phq9", 'items = ["10"]', 'items = ["10", "10-11"]', 'items = ["10", "10-11"]', "items has item 10 twice"),
    "one value": Break("phq9", "values = [0, 1, 2, 3]\noptional", "values = [0]\noptional", "values = [0]", "two or more"),
    "values falling": Break("cries8", "[0, 1, 3, 5]", "[0, 3, 1, 5]", "values", "each above the last"),
    "value twice": Break("cries8", "[0, 1, 3, 5]", "[0, 1, 1, 5]", "values", "each above the last"),
    "value below zero": Break("cries8", "[0, 1, 3, 5]", "[-1, 1, 3, 5]", "values", "whole numbers from 0 on"),
    "value in words": Break("cries8", "[0, 1, 3, 5]", "[0, 1, 3, true]", "values", "whole numbers from 0 on"),
    "values are text": Break("cries8", "[0, 1, 3, 5]", "'0-5'", "values", "values must be a list"),
    "items are numbers": Break("phq9", 'items = ["10"]', "items = [10]", "items = [10]", "items must hold text only"),
    "asked of nobody known": Break("sdq", 'respondents = ["parent", "self"]', 'respondents = ["dog"]', 'respondents = ["dog"]', "unknown respondent: dog"),
    "nothing is asked": Break("wgss", "values = [1, 2, 3, 4]", 'values = [1, 2, 3, 4]\nrespondents = ["self"]', "[[items]]", "no items are asked of respondent parent"),
    # skips
    "skip of no item": Break("k10", 'item = "2"', 'item = "11"', 'item = "11"', "unknown item: 11"),
    "skip at no answer": Break("k10", "answer = 1", "answer = 0", "answer = 0", "item 2 allows no such answer"),
    "skip to no item": Break("k10", "fills = { 3 = 1 }", "fills = { 11 = 1 }", "fills", "item 11 is in no declared range"),
    "skip to no answer": Break("k10", "fills = { 3 = 1 }", "fills = { 3 = 0 }", "fills", "item 3 allows no such answer"),
    "skip to itself": Break("k10", "fills = { 3 = 1 }", "fills = { 2 = 1 }", "fills", "fills must name other items"),
    "skip of nothing": Break("k10", "fills = { 3 = 1 }", "fills = { }", "fills", "fills must name other items"),
    # scales
    "undeclared item": Break("gad7", 'name = "total"\nitems = ["1-7"]', 'name = "total"\nitems = ["1-8"]', 'items = ["1-8"]', "item 8 is in no declared range"),
    "scale of nothing": Break("phq9", 'name = "total"\nitems = ["1-9"]\n', 'name = "total"\n', "[[scales]]", "either items or of"),
    "scale of both": Break("who5", 'of = ["raw"]', 'of = ["raw"]\nitems = ["1"]', '[[scales]]\nname = "percent"', "either items or of"),
    "scale of a later one": Break("who5", 'of = ["raw"]', 'of = ["percent"]', 'of = ["percent"]', "unknown scale: percent"),
    "scale twice": Break("pcl5", 'name = "C"', 'name = "B"', '[[scales]]\nname = "B"\nitems = ["6-7"]', "B is named twice"),
    "scale named as an item": Break("moca", 'name = "raw"', 'name = "VSE"', "[[scales]]", "VSE is named twice"),
    "no name": Break("phq9", 'name = "total"', 'name = "to tal"', 'name = "to tal"', "not a name: to tal"),
    "reverse of another": Break("sdq", 'reverse = ["7"]', 'reverse = ["8"]', 'reverse = ["8"]', "item 8 is in no declared range"),
    "recode too short": Break("k10", "recode = [0, 1, 2, 3, 4]", "recode = [0, 1, 2, 3]", "recode", "a number for each allowed answer"),
    "recode of scales": Break("who5", 'of = ["raw"]', 'of = ["raw"]\nrecode = [0]', "recode", "a number for each allowed answer"),
    "reverse of scales": Break("who5", 'of = ["raw"]', 'of = ["raw"]\nreverse = ["1"]', "reverse", "item 1 is in no declared range"),
    "prorating of scales": Break("who5", 'of = ["raw"]', 'of = ["raw"]\nprorate = { missing = 1, decimals = 0 }', "prorate", "must leave an answer"),
    "prorating from nothing of one form": Break("sdq", "recode = [0, 0, 1, 2]", "prorate = { missing = 3, decimals = 0 }", "prorate = { missing = 3", "must leave an answer"),
    "better unknown": Break("phq9", 'better = "lower"', 'better = "left"', "better", "unknown direction: left"),
    "better left out": Break("phq9", 'better = "lower"\n', "", "[[scales]]", "better is missing"),
    "prorating of nothing": Break("phq9", "missing = 2", "missing = 0", "prorate", "missing must be at least 1"),
    "prorating from nothing": Break("phq9", "missing = 2", "missing = 9", "prorate", "must leave an answer"),
    "percent of nothing": Break("who5", "of = 25", "of = 0", "percent =", "of must be at least 1"),
    "no extra point": Break("moca", "points = 1", "points = 0", "extra", "points must be at least 1"),
    "extra for no fact": Break("moca", 'when = "education_at_most_12_years"', 'when = "rich"', "extra", "speaks of rich"),
    "cap out of reach": Break("moca", "cap = 30", "cap = 31", "cap", "total is 0 to 31: no such cap"),
    "zero for no rule": Break("sdq", '"item_I0 < 1"', '"item_I9 < 1"', "zero_when", "speaks of item_I9"),
    "scale not asked": Break("sdq", 'items = ["I1-I5"]', 'items = ["I4-I5"]', 'items = ["I4-I5"]\nrecode', "impact has no items for respondent teacher"),
    # counts
    "count of no item": Break("wgss", 'items = ["1-6"]\nleast', 'items = ["1-7"]\nleast', 'items = ["1-7"]', "item 7 is in no declared range"),
    "count of everything": Break("wgss", "least = 3", "least = 1", "least", "decides nothing of item 1"),
    "count of nothing": Break("wgss", "least = 3", "least = 5", "least", "decides nothing of item 1"),
    "apart of another": Break("phq9", "apart = { 9 = 1 }", "apart = { 10 = 1 }", "apart", "item 10, which is not counted"),
    "apart at no answer": Break("phq9", "apart = { 9 = 1 }", "apart = { 9 = 4 }", "apart", "item 9 allows no such answer"),
    "count named as a scale": Break("phq9", 'name = "core"', 'name = "total"', "[[counts]]", "total is named twice"),
    # bands
    "bands overlap": Break("phq9", '"5-9"', '"4-9"', "total = [", "total: bands overlap at 4"),
    "bands leave a gap": Break("phq9", '"5-9"', '"6-9"', "total = [", "total: bands leave a gap at 5"),
    "bands begin late": Break("phq9", '"0-4"', '"1-4"', "total = [", "total: bands leave a gap at 0"),
    "bands end early": Break("phq9", '"20-27"', '"20-26"', "total = [", "total is 0 to 27: bands end at 26"),
    "bands end late": Break("phq9", '"20-27"', '"20-28"', "total = [", "total is 0 to 27: bands end at 28"),
    "bands of a respondent": Break("sdq", SDQ_TOTAL, SDQ_TOTAL.replace("17-40", "18-40"), "total = [", "total: bands leave a gap at 17"),
    "a band too few": Break("phq9", '"15-19", "20-27"', '"15-27"', "total = [", "a range for each of minimal, mild"),
    "no range": Break("phq9", '"5-9"', '"5 to 9"', "total = [", "total: not a range of scores: 5 to 9"),
    "range backwards": Break("phq9", '"5-9"', '"9-5"', "total = [", "total: not a range of scores: 9-5"),
    "bands of no scale": Break("phq9", 'total = ["0-4"', 'sum = ["0-4"', "sum = [", "unknown scale: sum"),
    "bands of decimals": Break("whodas12", "[[scales]]", '[[bands]]\nset = "s"\nnames = ["all"]\nsource = ["who"]\n[bands.scales]\ntotal = ["0-48"]\n[[scales]]', 'total = ["0-48"]', "total has decimals: no bands"),
    "bands of decimals in percent": Break("whodas12", "[[scales]]", '[[bands]]\nset = "s"\nnames = ["all"]\nsource = ["who"]\n[bands.scales]\npercent = ["0-100"]\n[[scales]]', 'percent = ["0-100"]', "percent has decimals: no bands"),
    "bands twice": Break("sdq", 'respondents = ["teacher"]\nnames = ["normal"', 'respondents = ["teacher", "parent"]\nnames = ["normal"', 'emotional = ["0-4", "5", "6-10"]', "emotional has bands twice in three_band"),
    "band twice": Break("phq9", '"minimal", "mild"', '"mild", "mild"', "names", "names has mild twice"),
    "bands of a stranger": Break("sdq", 'respondents = ["parent"]\nnames', 'respondents = ["clinician"]\nnames', 'respondents = ["clinician"]', "unknown respondent: clinician"),
    # rules
    "rule of no scale": Break("phq9", POSITIVE, 'when = "sum >= 10"', 'when = "sum', "when: a rule speaks of sum"),
    "rule of no item": Break("phq9", "item_9 >= 1", "item_11 >= 1", 'when = "item_11', "when: a rule speaks of item_11"),
    "rule that is none": Break("phq9", POSITIVE, 'when = "total => 10"', 'when = "total', "when: not a rule"),
    "rule that decides nothing": Break("phq9", POSITIVE, 'when = "total >= 28"', 'when = "total', "total is 0 to 27: compared with 28"),
    "no rule": Break("phq9", POSITIVE + "\n", "", "[[cutoffs]]", "when is missing"),
    "cut-off twice": Break("pcl5", 'name = "at_31"', 'name = "at_33"', '"at_33"\nwhen = "total >= 31"', "name twice: at_33"),
    "outcome of no rules": Break("wgss", '[[outcomes.rules]]\ngives = "yes"\nwhen = "difficulties >= 1"\n', "", "[[outcomes]]", "rules is missing"),
    "outcome without an else": Break("wgss", 'otherwise = "no"\n', "", "[[outcomes]]", "otherwise is missing"),
    "critical of no kind": Break("phq9", 'kind = "alert"', 'kind = "shout"', 'kind = "shout"', "unknown kind: shout"),
    "change of no scale": Break("phq9", 'scale = "total"', 'scale = "sum"', 'scale = "sum"', "unknown scale: sum"),
    "change too large": Break("phq9", "least = 6", "least = 28", "least = 28", "total is 27 at most"),
    "change to too much": Break("pcl5", "to_at_most = 28", "to_at_most = 81", "least = 15\nto_at_most", "total is 80 at most"),
    "change twice": Break("phq9", 'name = "relevant"', 'name = "reliable"', 'name = "reliable"\nleast = 5', "name twice: reliable"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BREAKS)
def test_a_broken_file_is_refused_at_its_line(kind: str, tmp_path: Path) -> None:
    broken = BREAKS[kind]
    text = (INSTRUMENTS / broken.folder / "v1.toml").read_text()
    assert broken.old in text
    path = tmp_path / broken.folder / "v1.toml"
    path.parent.mkdir()
    path.write_text(text := text.replace(broken.old, broken.new, 1))
    assert broken.mark in text
    with pytest.raises(DataFileError) as caught:
        read_catalogue(read_files(tmp_path))
    assert caught.value.path == path
    assert broken.fault in caught.value.fault
    assert caught.value.line == text[: text.index(broken.mark)].count("\n") + 1
    assert str(caught.value).startswith(f"{broken.folder}/v1.toml:{caught.value.line}: ")


def test_a_version_needs_those_before_it(folder: Path) -> None:
    path = folder / "gad7" / "v1.toml"
    path.with_name("v3.toml").write_text(path.read_text().replace("\nversion = 1", "\nversion = 3"))
    with pytest.raises(DataFileError, match=r"^gad7/v3\.toml:5: an earlier version is missing"):
        read_catalogue(read_files(folder))


def test_a_file_has_its_place(folder: Path) -> None:
    path = folder / "gad7" / "v1.toml"
    path.rename(path.with_name("first.toml"))
    with pytest.raises(DataFileError, match=r"gad7/first\.toml is not the name of an instrument"):
        read_catalogue(read_files(folder))
