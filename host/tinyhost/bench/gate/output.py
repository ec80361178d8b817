"""A gate's result as JUnit XML for CI servers, and as Markdown for a pull request."""

from __future__ import annotations

from tinyhost.bench.result import Agreement, BenchResult, GateResult, Judgement
from tinyhost.system.junit import JUnitCase, JUnitSuite, Verdict, junit_document
from tinyhost.system.wording import counted

__all__ = ["figure_text", "gate_junit", "gate_table"]


def gate_junit(result: BenchResult, gate: GateResult | None) -> bytes:
    """Return JUnit XML of a benchmark: a case for the comparison with the reference and for each condition."""
    device = result.device
    where = f"bench.{device.name}.{result.model.name}"
    cases = [_agreement_case(where, result.agreement)] if result.agreement else []
    cases += [
        JUnitCase(
            classname=where,
            name=finding.key,
            verdict=Verdict(element="failure", kind="test", message=text) if (text := finding.disagreement()) else None,
        )
        for finding in result.findings
    ]
    cases += [_case(where, item) for item in (gate.judgements if gate else ())]
    suite = JUnitSuite(
        name=where,
        timestamp=result.time,
        seconds=0.0,
        properties={
            "board": device.name,
            "board.type": device.board,
            "app": device.app,
            "firmware": device.build_id,
            "model.sha256": result.model.sha256,
        },
        cases=cases,
    )
    return junit_document("tinyhost bench", 0.0, [suite])


def _agreement_case(where: str, agreement: Agreement) -> JUnitCase:
    wrong = f"{agreement.mismatches:,} of {counted(agreement.compared, 'output')} differ"
    verdict = Verdict(element="failure", kind="test", message=wrong) if agreement.mismatches else None
    return JUnitCase(classname=where, name=f"agreement with {agreement.against}", verdict=verdict)


def _case(where: str, item: Judgement) -> JUnitCase:
    message = f"{figure_text(item.before, item.unit)} before, {figure_text(item.now, item.unit)} now: {item.change}"
    properties = {"before": str(item.before), "now": str(item.now), "unit": item.unit, "change": item.change}
    verdict = None if item.holds else Verdict(element="failure", kind="test", message=message, text=item.remark)
    return JUnitCase(classname=where, name=item.condition, properties=properties, verdict=verdict)


def gate_table(result: BenchResult, gate: GateResult) -> str:
    """Return a Markdown table."""
    n_broken, n = len(gate.broken), len(gate.judgements)
    verdict = f"{n_broken} of {counted(n, 'condition')} violated" if n_broken else f"{counted(n, 'condition')} met"
    title = f"### {'❌' if n_broken else '✅'} {_cell(result.model.name)} on {_cell(result.device.board)}: {verdict}"
    head = ["| fails if | baseline | now | change | |", "| --- | ---: | ---: | ---: | --- |"]
    rows = [
        f"| `{item.condition}` | {figure_text(item.before, item.unit)} | {figure_text(item.now, item.unit)} | "
        f"{item.change} | {'kept' if item.holds else '**broken**'}{f': {item.remark}' if item.remark else ''} |"
        for item in gate.judgements
    ]
    model = "the same model" if gate.same_model else f"another model (`{gate.model_sha256[:12]}`)"
    firmware = "the same firmware" if gate.same_firmware else f"firmware `{gate.build_id}`"
    foot = f"Baseline: {_cell(gate.source)}, {gate.time}, {firmware}, {model}."
    now = f"Now: firmware `{result.device.build_id}`, model `{result.model.sha256[:12]}`, app {result.device.app}."
    return "\n".join([title, "", *head, *rows, "", f"{foot} {now}", ""])


def figure_text(value: float, unit: str) -> str:
    """Return a figure in readable units."""
    return f"{100 * value:.2f} %" if unit == "share" else f"{value:,.0f} {unit}"


def _cell(text: str) -> str:
    """Return text with Markdown's special characters escaped."""
    return "".join(f"\\{letter}" if letter in "|`*_<>[]\\#" else letter for letter in text.replace("\n", " "))
