"""The trainers, by the names of their commands."""

from __future__ import annotations

from tinyhost.train.anomaly.config import AnomalyTrainConfig
from tinyhost.train.core.trainer import Trainer
from tinyhost.train.gestures.config import GestureTrainConfig
from tinyhost.train.kws.config import KwsTrainConfig
from tinyhost.train.series.config import SeriesTrainConfig
from tinyhost.train.vww.config import VwwTrainConfig

__all__ = ["TRAINERS"]

TRAINERS = {
    "vww": Trainer(
        config=VwwTrainConfig,
        module="tinyhost.train.vww.training",
        help="Train a picture classifier: MobileNetV1 0.25, 96x96 grey, int8.",
        data_help="A folder with one folder of pictures for each label.",
        example="tinyhost train vww --data data/desk",
    ),
    "kws": Trainer(
        config=KwsTrainConfig,
        module="tinyhost.train.kws.training",
        help="Train a keyword spotter on the firmware's features.\n\n"
        "Its classes are silence, unknown and the words; the model is int8.",
        data_help="A folder with one folder of sound files for each word.",
        example="tinyhost train kws --data data/words --words yes,no",
    ),
    "anomaly": Trainer(
        config=AnomalyTrainConfig,
        module="tinyhost.train.anomaly.training",
        help="Train an anomaly detector on recordings of a healthy machine.\n\n"
        "Its score combines the reconstruction error of an int8 autoencoder and the distance to centroids of normal "
        "data.",
        data_help="A folder: normal/*.csv is used for training, the CSV files of other labels only for testing.",
        simulated="machine",
        example="tinyhost train anomaly --data data/pump",
    ),
    "gestures": Trainer(
        config=GestureTrainConfig,
        module="tinyhost.train.gestures.training",
        help="Train a gesture recognizer on recordings of accelerometer and gyroscope.\n\n"
        "Its classes are the gestures and, for everything else, still and other; the model is int8.",
        data_help="A folder with one folder of CSV files per gesture, as captured with the app gestures.",
        simulated="hands",
        example="tinyhost train gestures --data data/wand",
    ),
    "series": Trainer(
        config=SeriesTrainConfig,
        module="tinyhost.train.series.training",
        help="Train a detector of unusual time series, such as heartbeats: ECG5000.\n\n"
        "An int8 autoencoder is trained on normal series; series that it reconstructs badly are unusual.",
        data_help="A folder with NAME_TRAIN and NAME_TEST in the layout of the UCR archive.",
        simulated="heartbeats",
        example="tinyhost train series --data data/ecg5000",
    ),
}
