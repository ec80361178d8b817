"""A data set as Croissant 1.1 with its vocabulary for responsible AI (RAI 1.0), both of MLCommons."""

from __future__ import annotations

import csv
import hashlib
import io
from typing import Any

import tinyhost
from tinyhost.datasets.data_card.facts import CardFacts
from tinyhost.system.wording import counted

__all__ = ["FILES_NAME", "croissant", "files_table"]

FILES_NAME = "files.csv"
_NOT_SAID = "Not said."
_COLUMNS = {
    "file": "path below the data set's folder",
    "label": "its class",
    "part": "training, validation or testing; empty if the set is not divided",
    "sha256": "of the file",
}
_TERMS = {
    "column", "conformsTo", "extract", "field", "fileProperty", "fileObject", "fileSet", "format", "includes",
    "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex", "repeated",
    "replace", "samplingRate", "separator", "source", "subField", "transform", "citeAs", "equivalentProperty",
}  # fmt: skip


def files_table(facts: CardFacts) -> bytes:
    """Return the CSV file that lists the samples: Croissant's records are its rows."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows((row.file, row.label, row.part, row.sha256) for row in facts.rows)
    return text.getvalue().encode("utf-8")


def croissant(facts: CardFacts, table: bytes, *, today: str) -> dict[str, Any]:
    """Return the JSON-LD of a set. table: what `files_table` returned; today: ISO 8601."""
    said, check = facts.answers, facts.check
    return {
        "@context": _context(),
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": facts.name,
        "description": said.get("description", f"{check.n_files:,} {check.kind} of {len(check.labels)} labels"),
        "license": said.get("license", _NOT_SAID),
        "url": said.get("url", "https://example.invalid/not-said"),
        "creator": {"@type": "sc:Person", "name": said.get("creator", _NOT_SAID)},
        "datePublished": today,
        "version": "1.0.0",
        "citeAs": said.get("citation", _NOT_SAID),
        **_responsible(facts),
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": FILES_NAME,
                "name": FILES_NAME,
                "description": "The samples, one a row.",
                "contentUrl": FILES_NAME,
                "contentSize": f"{len(table)} B",
                "encodingFormat": "text/csv",
                "sha256": hashlib.sha256(table).hexdigest(),
            }
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "samples",
                "name": "samples",
                "description": "The samples of the set.",
                "key": {"@id": "samples/file"},
                "field": [_field(name, meaning) for name, meaning in _COLUMNS.items()],
            }
        ],
    }


def _responsible(facts: CardFacts) -> dict[str, Any]:
    """Return a set's properties in the vocabulary for responsible AI."""
    said, check = facts.answers, facts.check
    days = facts.days
    people, consents = counted(len(facts.distinct("subject")), "subject"), counted(facts.n_consents, "record")
    issues = ", ".join(f"{name}: {n}" for name, n in check.issues.items()) or "none of those looked for"
    unchecked = "; ".join(f"{', '.join(item.issues)}: {item.reason}" for item in check.not_checked)
    return {
        "rai:dataCollection": said.get("collection", _NOT_SAID),
        "rai:dataCollectionType": [f"sensor: {name}" for name in facts.distinct("sensor")] or [_NOT_SAID],
        "rai:dataCollectionTimeframe": list(days) if days else [],
        "rai:dataCollectionMissingData": f"{len(check.skipped):,} files that cannot be read are left out.",
        "rai:dataCollectionRawData": f"Files as captured or imported by tinyhost {tinyhost.__version__}.",
        "rai:dataPreprocessingProtocol": [said.get("preprocessing", _NOT_SAID)],
        "rai:dataAnnotationProtocol": "One label a file, that of its folder.",
        "rai:annotationsPerItem": "1",
        "rai:dataLimitations": [f"Found by tinyhost data check: {issues}.", f"Not checked: {unchecked or 'nothing'}."],
        "rai:dataBiases": [said.get("biases", _NOT_SAID)],
        "rai:dataUseCases": [said.get("uses", _NOT_SAID)],
        "rai:dataSocialImpact": said.get("social_impact", _NOT_SAID),
        "rai:personalSensitiveInformation": [
            said.get("sensitive", _NOT_SAID),
            f"{people} and {consents} of consent (ISO/IEC TS 27560).",
        ],
        "rai:dataReleaseMaintenancePlan": said.get("maintenance", _NOT_SAID),
    }


def _field(name: str, meaning: str) -> dict[str, Any]:
    kinds = {"label": ["sc:Text", "cr:Label"], "part": ["sc:Text"]}
    return {
        "@type": "cr:Field",
        "@id": f"samples/{name}",
        "name": name,
        "description": meaning,
        "dataType": kinds.get(name, "sc:Text"),
        "source": {"fileObject": {"@id": FILES_NAME}, "extract": {"column": name}},
    }


def _context() -> dict[str, Any]:
    """Return the context that the specification of Croissant 1.1 gives."""
    return {
        "@language": "en",
        "@vocab": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "dct": "http://purl.org/dc/terms/",
        "sc": "https://schema.org/",
        **{name: f"{'dct' if name == 'conformsTo' else 'cr'}:{name}" for name in sorted(_TERMS)},
        "data": {"@id": "cr:data", "@type": "@json"},
        "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
        "examples": {"@id": "cr:examples", "@type": "@json"},
    }
