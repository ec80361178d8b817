"""Train an anomaly detector: recordings of a healthy machine in, an int8 .tflite, its task data and its figures out.

Every score here is the firmware's: its features, its engine, its fixed-point arithmetic.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.anomaly_task import AnomalyTask
from tinyhost.compiler.app_defaults import AppDefaults
from tinyhost.compiler.tensor_info import TensorInfo
from tinyhost.datasets.motion import NORMAL, MotionSet, load_motion_folder
from tinyhost.datasets.motion_windows import long_enough
from tinyhost.errors import UsageError
from tinyhost.motion.score import AlarmSettings
from tinyhost.motion.sensor import sensor_named
from tinyhost.motion.units import MotionUnits
from tinyhost.train.anomaly.architectures import deployed, network
from tinyhost.train.anomaly.autoencoder import fit_autoencoder, to_int8_autoencoder, to_real
from tinyhost.train.anomaly.baseline import best_number, centroid_choices, linear_base_line
from tinyhost.train.anomaly.choice import measure, size_to_take
from tinyhost.train.anomaly.config import AnomalyTrainConfig
from tinyhost.train.anomaly.machine import MachineSetConfig, machine_set
from tinyhost.train.anomaly.normal import NormalData, prepare
from tinyhost.train.anomaly.outcome import AnomalyOutcome
from tinyhost.train.anomaly.projection import check_projection
from tinyhost.train.anomaly.result import SizeResult
from tinyhost.train.anomaly.scores import EngineRuns, TrainedNetwork, calibrated, nearest_centroids
from tinyhost.train.core.fitting import import_keras
from tinyhost.train.core.progress import TrainProgress
from tinyhost.train.core.trainer import Run

__all__ = ["load", "train"]


def load(folder: Path | None, config: AnomalyTrainConfig, run: Run) -> MotionSet:
    """Return the recordings of a folder, or of the simulated machine. Raises DatasetError for malformed files."""
    if config.machine == (folder is not None):
        raise UsageError("expected either --data FOLDER or --machine", hint="tinyhost train anomaly --machine")
    if folder is not None:
        found = load_motion_folder(
            folder,
            MotionUnits.of(config.unit, config.time_unit),
            on_file=lambda done, total: run.stage("read", done, total),
        )
        return long_enough(found, config.n_fft)
    machine = MachineSetConfig(
        minutes=config.minutes,
        contamination=config.contamination,
        seed=config.seed,
        sensor=sensor_named(config.sensor),
    )
    return machine_set(machine, lambda done, total: run.stage("simulate", done, total))


def train(config: AnomalyTrainConfig, data: MotionSet, run: Run) -> AnomalyOutcome:
    """Return the network with the best embedding size, with the board's scores.

    Raises DatasetError for too little normal data, MissingToolError without TensorFlow, ModelError if a quantized
    network does not suit the board.
    """
    run.stage("features")
    normal = prepare(config, data)
    keras = import_keras()
    check_projection(config.projection)
    sizes = []
    for index, n_embedding in enumerate(config.all_embeddings):
        keras.utils.set_random_seed(config.seed)
        name = f"embedding {n_embedding} ({index + 1} of {len(config.all_embeddings)})"
        sizes.append(_one_size(config, normal, n_embedding, _part_of(run, f"embedding{n_embedding}", name)))
    chosen = sizes[size_to_take([size.figures for size in sizes], config.all_embeddings, config.embedding)]
    return AnomalyOutcome(
        config=config,
        source=run.source,
        data=normal,
        issues=data.notes,
        n_samples=len(data),
        skipped=data.skipped,
        sizes=tuple(sizes),
        chosen=chosen,
        history=chosen.history,
        tflite=chosen.network.tflite,
        n_parameters=chosen.network.n_parameters,
        defaults=chosen.defaults,
        duration_s=run.duration_s,
    )


def _part_of(run: Run, folder: str, name: str) -> Run:
    """Return the sub-run of one network, with its own folder and its name in progress reports."""

    def report(at: TrainProgress) -> None:
        run.report(replace(at, stage=name if at.n_epochs else f"{name}: {at.stage}"))

    return replace(run, folder=run.folder / folder, report=report)


def _one_size(config: AnomalyTrainConfig, data: NormalData, n_embedding: int, run: Run) -> SizeResult:
    """Return one network, quantized, with centroids, gains and threshold, and its figures."""
    train, held_out = data.inputs(data.train), data.inputs(data.threshold)
    keras, n_features = import_keras(), data.motion.n_features
    model = network(keras, config.arch, n_features=n_features, hidden=config.hidden, n=n_embedding, l2=config.l2)
    fitted = fit_autoencoder(model, to_real(train), to_real(held_out), config, run)
    run.stage("quantize")
    for_board = deployed(keras, config.arch, fitted.model)
    trained = TrainedNetwork.open(to_int8_autoencoder(for_board, to_real(train), config.seed), n_embedding)
    run.stage("score")
    learnt = trained.run(train)
    runs = {"threshold": trained.run(held_out), NORMAL: trained.run(data.inputs(data.test))}
    runs |= {label: trained.run(data.inputs(windows)) for label, windows in data.faults.items()}
    has_distance = config.score != "reconstruction"
    choices = centroid_choices(_measured_from(config, trained, learnt)[1], config.seed) if has_distance else ()
    n_centroids = config.n_centroids or best_number(choices)
    task, figures = measure(config, _task(config, data, trained, learnt, n_centroids), trained, data, runs)
    return SizeResult(
        network=trained,
        task=task,
        defaults=AppDefaults(threshold=task.alarm.threshold, task_data=task.pack()),
        history=fitted.history,
        figures=figures,
        linear=linear_base_line(
            to_real(learnt.inputs), {name: to_real(item.inputs) for name, item in runs.items()}, n_embedding
        ),
        centroid_choices=choices,
    )


def _measured_from(
    config: AnomalyTrainConfig, network: TrainedNetwork, learnt: EngineRuns
) -> tuple[TensorInfo, NDArray[np.int8]]:
    """Return the tensor for distances, and its values on the training windows."""
    if config.distance == "embedding":
        return network.embedding, learnt.embeddings
    return network.input, learnt.inputs


def _task(
    config: AnomalyTrainConfig, data: NormalData, network: TrainedNetwork, learnt: EngineRuns, n_centroids: int
) -> AnomalyTask:
    """Return the task data without the alarm: centroids of the training windows, and gains."""
    has_distance, of_embedding = config.score != "reconstruction", config.distance == "embedding"
    tensor, values = _measured_from(config, network, learnt)
    task = AnomalyTask(
        motion=data.motion,
        scaling=data.scaling,
        counts_per_g=data.counts_per_g,
        alarm=AlarmSettings(threshold=0.0),
        reconstruction_gain=0.0 if config.score == "distance" else 1.0,
        distance_gain=1.0 if has_distance else 0.0,
        centroids=nearest_centroids(values, tensor, n_centroids, config.seed) if has_distance else None,
        embedding_operator=network.embedding_operator if has_distance and of_embedding else None,
    )
    return calibrated(task, network, learnt)
