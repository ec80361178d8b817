"""A person's consent: a record according to ISO/IEC TS 27560:2023 as JSON-LD, in the vocabulary of the W3C's DPV.

The profile is that of https://w3id.org/dpv/schema/dpv-27560. Records are in `consents.jsonl` of the data set, one per
line, and every sample's line in the manifest names its record.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from tinyhost.datasets.origin import Origin
from tinyhost.errors import DatasetError, UsageError
from tinyhost.protocol.labels import normal_label
from tinyhost.system.durable import write_atomically
from tinyhost.system.json_reading import JsonObject, parse_json
from tinyhost.system.reading import read_file

__all__ = [
    "CONSENTS_NAME",
    "Person",
    "carry_consent",
    "drop_consents",
    "read_consents",
    "record_consent",
    "subject_of",
    "with_person",
]

CONSENTS_NAME = "consents.jsonl"
_MAX_BYTES = 1 << 28
_MAX_SUBJECT = 64
_SUBJECT = re.compile(r"[\w.-]+")
_HINT = "fix or delete this line; the samples themselves are untouched"
_CONTEXT = {
    "dpv": "https://w3id.org/dpv#",
    "dct": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_PROFILE = "https://w3id.org/dpv/schema/dpv-27560#record"
_PROCESSING = ("dpv:Collect", "dpv:Store", "dpv:Analyse", "dpv:Erase")


@dataclass(frozen=True, kw_only=True)
class Person:
    """The person that samples are of, from the command line; `subject` is "" if they are of nobody."""

    subject: str = ""
    """a pseudonym; the person's name is kept elsewhere"""
    consent: str = ""
    """the form of the consent"""
    purpose: str = ""
    """the purpose for which the samples may be used"""
    retain_until: str = ""
    """the last day on which they may be kept, ISO 8601"""

    def __post_init__(self) -> None:
        """Raise UsageError for invalid or contradictory options."""
        if not self.subject and (self.consent or self.purpose):
            raise UsageError("--consent and --purpose need a person", hint="name the person: --subject P07")
        if self.subject and (len(self.subject) > _MAX_SUBJECT or not _SUBJECT.fullmatch(self.subject)):
            raise UsageError(
                f"--subject {self.subject!r}: expected at most {_MAX_SUBJECT} letters, digits, points and hyphens",
                hint="take a pseudonym, such as P07, and keep the person's name elsewhere",
            )
        if self.retain_until:
            try:
                date.fromisoformat(self.retain_until)
            except ValueError as exc:
                raise UsageError(f"--retain-until {self.retain_until}: expected a date, such as 2027-06-30") from exc


def subject_of(name: str) -> str:
    """Return a subject's name in composed form (NFC), in which it is stored and compared."""
    return normal_label(name)


def with_person(origin: Origin, person: Person, root: Path) -> Origin:
    """Return an origin for samples of a person, and record the consent in the set. Raises DatasetError."""
    return replace(
        origin,
        subject=subject_of(person.subject),
        consent=record_consent(root, person, sensor=origin.sensor),
        purpose=person.purpose,
        retain_until=person.retain_until,
    )


def record_consent(root: Path, person: Person, *, sensor: str) -> str:
    """Return the identifier of a person's record in a set; write the record if the set has none like it.

    sensor: the source of the samples. Returns "" without consent. Raises DatasetError if it cannot be written.
    """
    if not person.consent:
        return ""
    made = _record(person, sensor)
    records = read_consents(root)
    for known in records:
        if {**known, **_OF_ONE} == {**made, **_OF_ONE} and _given(known):
            return str(known["dct:identifier"])
    _write(root, [*records, made])
    return str(made["dct:identifier"])


_OF_ONE: dict[str, None] = {"@id": None, "dct:identifier": None, "dct:created": None, "dpv:hasConsentStatus": None}
"""fields in which two records of the same consent differ"""


def _given(record: dict[str, Any]) -> bool:
    states = record.get("dpv:hasConsentStatus")
    return isinstance(states, list) and bool(states) and states[-1].get("@type") == "dpv:ConsentGiven"


def _record(person: Person, sensor: str) -> dict[str, Any]:
    identifier, now = str(uuid.uuid4()), datetime.now(timezone.utc).isoformat(timespec="seconds")
    until = person.retain_until or "not said"
    return {
        "@context": _CONTEXT,
        "@id": f"urn:uuid:{identifier}",
        "@type": "dpv:ConsentRecord",
        "dct:conformsTo": {"@id": _PROFILE},
        "dct:identifier": identifier,
        "dct:created": {"@type": "xsd:dateTime", "@value": now},
        "dpv:hasDataSubject": {"@type": "dpv:DataSubject", "dct:identifier": subject_of(person.subject)},
        "dpv:hasLegalBasis": {"@type": "dpv:Consent", "dct:description": person.consent},
        "dpv:hasPurpose": {"@type": "dpv:Purpose", "dct:description": person.purpose or "not said"},
        "dpv:hasPersonalData": [{"@type": "dpv:PersonalData", "dct:description": f"samples of the {sensor}"}],
        "dpv:hasProcessing": [{"@id": name} for name in _PROCESSING],
        "dpv:hasStorageCondition": {
            "@type": "dpv:StorageCondition",
            "dpv:hasLocation": "the computer on which they were captured",
            "dpv:hasDuration": {"@type": "dpv:UntilTimeDuration", "dct:description": until},
        },
        "dpv:hasConsentStatus": [{"@type": "dpv:ConsentGiven", "dct:date": {"@type": "xsd:dateTime", "@value": now}}],
    }


def read_consents(root: Path) -> list[dict[str, Any]]:
    """Return a set's records in order. Raises DatasetError with the line number of a damaged record."""
    path = root / CONSENTS_NAME
    if not path.exists():
        return []
    records = []
    for number, line in enumerate(read_file(path, max_bytes=_MAX_BYTES).split(b"\n"), 1):
        if line.strip():
            where = f"{path}:{number}"
            found = JsonObject.of(
                parse_json(line, where, error=DatasetError, hint=_HINT), where, error=DatasetError, hint=_HINT
            )
            found.text("dct:identifier")
            found.object("dpv:hasDataSubject").text("dct:identifier")
            records.append(dict(found.values))
    return records


def carry_consent(source: Path, target: Path, identifier: str) -> None:
    """Give a set the record of another set that its samples name; nothing if it has it. Raises DatasetError."""
    known = read_consents(target)
    if identifier and all(record["dct:identifier"] != identifier for record in known):
        _write(target, [*known, *(item for item in read_consents(source) if item["dct:identifier"] == identifier)])


def drop_consents(root: Path, subject: str) -> int:
    """Remove the records of a subject, and return their number."""
    records = read_consents(root)
    kept = [item for item in records if item["dpv:hasDataSubject"]["dct:identifier"].casefold() != subject.casefold()]
    if len(kept) < len(records):
        _write(root, kept)
    return len(records) - len(kept)


def _write(root: Path, records: list[dict[str, Any]]) -> None:
    content = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    try:
        write_atomically(root / CONSENTS_NAME, content.encode("utf-8"))
    except OSError as error:
        raise DatasetError(
            f"{root / CONSENTS_NAME}: cannot be written: {error.strerror}", hint="make room or fix the folder"
        ) from error
