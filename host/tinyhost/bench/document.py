"""A benchmark's result as the JSON document that docs/reference/json.md describes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tinyhost.bench.estimate import estimate_latency
from tinyhost.bench.motion_result import MotionAccuracy, MotionStream
from tinyhost.bench.operator_costs import by_kind
from tinyhost.bench.result import (
    TICK_REMARKS,
    Accuracy,
    BenchResult,
    KeywordRates,
    Latency,
)
from tinyhost.bench.streaming import Streaming
from tinyhost.models.summary import ModelSummary

__all__ = ["bench_document", "model_document"]


def bench_document(result: BenchResult) -> dict[str, Any]:
    """Return the document of a benchmark; what was not asked for is null."""
    return {
        "schema": "tinyhost.bench/1",
        "time": result.time,
        "host": result.host,
        "board": result.device.board,
        "app": result.device.app,
        "engine": result.device.engine,
        "device": asdict(result.device),
        "model": model_document(result.model),
        "latency": _latency_document(result.latency, result.model),
        "agreement": asdict(result.agreement) if result.agreement else None,
        "accuracy": _accuracy_document(result.accuracy) if result.accuracy else None,
        "streaming": _streaming_document(result.streaming) if result.streaming else None,
        "motion": _motion_document(result.motion) if result.motion else None,
        "motion_stream": _motion_stream_document(result.motion_stream) if result.motion_stream else None,
        "link": asdict(result.link) if result.link else None,
        "other": _other_document(result) if result.other else None,
    }


def _other_document(result: BenchResult) -> dict[str, Any]:
    assert result.other is not None
    other, latency = result.other, result.other.latency
    return {
        "engine": other.engine,
        "build_id": other.device.build_id,
        "invoke": asdict(latency.invoke),
        "invoke_times": latency.invoke.median / max(1, result.latency.invoke.median),
        "preprocess": asdict(latency.preprocess) if latency.preprocess else None,
        "arena_bytes": other.model.arena_bytes,
        "image_bytes": other.model.flash_bytes,
        "image_sha256": other.model.image_sha256,
        "program_bytes": other.program_bytes,
        "own_program_bytes": other.own_program_bytes,
        "agreement": asdict(other.agreement) if other.agreement else None,
    }


def model_document(model: ModelSummary) -> dict[str, Any]:
    """Return a model's figures, without its operators."""
    return {
        "name": model.name,
        "task": model.task,
        "labels": list(model.labels),
        "sha256": model.sha256,
        "image_sha256": model.image_sha256,
        "macs": model.macs,
        "live_macs": model.live_macs,
        "n_params": model.n_params,
        "arena_bytes": model.arena_bytes,
        "flash_bytes": model.flash_bytes,
        "input": asdict(model.input),
        "output": asdict(model.output),
    }


def _latency_document(latency: Latency, model: ModelSummary) -> dict[str, Any]:
    estimate = estimate_latency(latency)
    return {
        **asdict(latency),
        "ticks_per_mac": latency.invoke.median / model.macs if model.macs else None,
        "per_kind": [asdict(kind) for kind in by_kind(latency.per_operator)],
        "estimate": asdict(estimate) if estimate else None,
        "remark": TICK_REMARKS.get(latency.unit, ""),
    }


def _accuracy_document(accuracy: Accuracy) -> dict[str, Any]:
    samples = [
        {
            "file": str(sample.path),
            "label": sample.label,
            "predicted": sample.predicted,
            "scores": list(sample.scores),
        }
        for sample in accuracy.samples
    ]
    return {
        "data": str(accuracy.data),
        "kind": accuracy.kind,
        "n": accuracy.n,
        "top1": accuracy.top1,
        "labels": list(accuracy.labels),
        "confusion": [list(row) for row in accuracy.confusion],
        "per_class": {label: asdict(score) for label, score in accuracy.per_class().items()},
        "pictures": samples if accuracy.kind == "pictures" else [],
        "clips": samples if accuracy.kind == "clips" else [],
        "host": asdict(accuracy.host) if accuracy.host else None,
        "keywords": _keywords_document(accuracy.keywords) if accuracy.keywords else None,
    }


def _keywords_document(rates: KeywordRates) -> dict[str, Any]:
    equal = rates.curve.equal_error
    return {
        **asdict(rates.point),
        "n_words": rates.curve.n_words,
        "n_others": rates.curve.n_others,
        "equal_error": asdict(equal) if equal else None,
        "curve": [asdict(point) for point in rates.curve.points],
    }


def _motion_document(motion: MotionAccuracy) -> dict[str, Any]:
    return {**asdict(motion), "data": str(motion.data), "issues": list(motion.issues)}


def _motion_stream_document(stream: MotionStream) -> dict[str, Any]:
    per_hour = stream.false_alarms_per_hour
    return {
        **asdict(stream),
        "stream": str(stream.stream),
        "faults": [asdict(fault) for fault in stream.faults],
        "false_alarms_s": list(stream.false_alarms_s),
        "false_alarms_per_hour": per_hour,
        "false_alarms_per_day": 24.0 * per_hour,
        "issues": list(stream.issues),
    }


def _streaming_document(streaming: Streaming) -> dict[str, Any]:
    total = streaming.total
    return {
        "stream": str(streaming.stream),
        "seconds": streaming.seconds,
        "n_inferences": streaming.n_inferences,
        "n_words": total.n,
        "hits": total.hits,
        "miss_rate": total.miss_rate,
        "false_accepts": total.false_accepts,
        "false_accepts_per_hour": streaming.false_accepts_per_hour,
        "median_delay_s": streaming.median_delay_s,
        "per_word": {
            word: {**asdict(score), "miss_rate": score.miss_rate} for word, score in streaming.per_word().items()
        },
        "detections": [
            {
                "time_s": item.detection.time_s,
                "label": item.detection.label,
                "kind": item.kind,
                "said": item.word.label if item.word else None,
                "delay_s": item.delay_s,
            }
            for item in streaming.verdicts
        ],
        "missed": [asdict(word) for word in streaming.missed],
    }
