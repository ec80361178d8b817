"""TFLM's frontend as a graph of its signal operators, which the `tflite-micro` wheel runs: an oracle for any stride.

Here are the graph and its tables, in numpy's single precision; the arithmetic under
test (window, FFT, filters, square root, noise reduction, gain, logarithm) is the wheel's.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Callable, Iterator
from typing import cast

import numpy as np
from numpy.typing import NDArray
from tinyhost.audio.features import FrontendConfig, FrontendVariant

from tests.oracle.builder import ModelBuilder

__all__ = ["fft_size", "filter_weights", "gain_table", "log1pf", "signal_graph", "window_table"]

_WEIGHT_BITS = 12
_BLOCK = 4  # bins by which the filters of the signal library are padded
_F = np.float32


def _libm(name: str, n_arguments: int) -> Callable[..., float]:
    function = getattr(ctypes.CDLL(ctypes.util.find_library("m")), name)
    function.restype, function.argtypes = ctypes.c_float, [ctypes.c_float] * n_arguments
    return cast(Callable[..., float], function)


_cosf, _powf = _libm("cosf", 1), _libm("powf", 2)


def log1pf(x: np.float32) -> np.float32:
    """Return ln(1 + x) for 0 <= x < 2^24, as fdlibm's log1pf rounds it, and glibc 2.36's.

    TFLM's tables were made with it. Its relative error is below 1 ulp, but not below half of one.
    """
    one = _F(1)
    if x < _F(0.41421354):  # sqrt(2) - 1
        exponent, f, lost = 0, x, _F(0)
    else:
        mantissa, exponent = np.frexp(one + x)  # 0.5 to 1
        lost = (one - ((one + x) - x) if exponent > 1 else x - ((one + x) - one)) / (one + x)
        if mantissa < _F(0.70710677):
            mantissa, exponent = mantissa * _F(2), exponent - 1
        f = mantissa - one
    half_square = _F(0.5) * f * f
    s = f / (_F(2) + f)
    z = s * s
    rest = _F(0)
    for numerator in (0.14798198640, 0.15313838422, 0.18183572590, 0.22222198546, 0.28571429849, 0.4, 0.66666668653):
        rest = z * (_F(numerator) + rest)
    low = _F(exponent) * _F(9.0580006145e-06) + lost
    high = _F(exponent) * _F(6.9313812256e-01)
    if exponent == 0:
        return _F(f - (half_square - s * (half_square + rest)))
    return _F(high - ((half_square - (s * (half_square + rest) + low)) - f))


def fft_size(config: FrontendConfig) -> int:
    """Return the power of two that holds a window."""
    return 1 << (config.window_samples - 1).bit_length()


def window_table(config: FrontendConfig) -> NDArray[np.int16]:
    """Return a Hann window in Q12."""
    n = config.window_samples
    if config.variant == FrontendVariant.SIGNAL:
        phases = 2 * np.pi / n * (np.arange(n) + 0.5)
        rounded: NDArray[np.int16] = np.round((0.5 - 0.5 * np.cos(phases)) * 4096).astype(np.int16)
        return rounded
    step = _F(np.pi) * _F(2) / _F(n)
    cosines = np.array([_cosf(_F(step * (_F(i) + _F(0.5)))) for i in range(n)], _F)
    window: NDArray[np.int16] = np.floor((_F(0.5) - _F(0.5) * cosines) * _F(4096) + _F(0.5)).astype(np.int16)
    return window


def gain_table(config: FrontendConfig) -> NDArray[np.int16]:
    """Return PCAN's gain over the noise, 125 values: parabolas of 4 values per power of two, one of them unused."""
    input_bits = 10 - (fft_size(config).bit_length() - 1 - _WEIGHT_BITS // 2)

    def gain(noise: int) -> int:
        base = _F(_F(noise) / _F(1 << input_bits) + _F(80))
        value = _F(1 << 21) * _F(_powf(base, _F(-0.95)))
        return 32767 if value > 32767 else int(_F(value + _F(0.5)))

    table = [gain(0), gain(1)]
    for bits in range(2, 33):
        start = 1 << (bits - 1)
        end = 2 * start if bits < 32 else 2 * start - 1
        value = gain(start)
        to_middle, to_end = gain(start + start // 2) - value, gain(end) - value
        slope = 4 * to_middle - to_end
        table += [value, slope, to_end - slope, 0]
    return np.array(table[:125], np.int16)


def filter_weights(config: FrontendConfig) -> Iterator[tuple[int, int, int, int]]:
    """Yield (channel, bin, rising weight, falling weight), channels from 0 to n_channels."""

    def mel(frequency_hz: np.float32) -> np.float32:
        return _F(1127) * log1pf(_F(frequency_hz / _F(700)))

    def quantized(weight: np.float32) -> int:
        half = _F(0.5) if config.variant == FrontendVariant.MICROFRONTEND else _F(0)
        return int(np.floor(_F(_F(weight * _F(1 << _WEIGHT_BITS)) + half)))

    hz_per_bin = _F(0.5) * _F(config.sample_rate_hz) / _F(fft_size(config) // 2)
    lower, upper = mel(_F(config.lower_band_hz)), mel(_F(config.upper_band_hz))
    spacing = _F(_F(upper - lower) / _F(config.n_channels + 1))
    centres = [_F(lower + _F(spacing * _F(i))) for i in range(config.n_channels + 2)]
    index = int(_F(1.5) + _F(config.lower_band_hz) / hz_per_bin)
    for channel in range(config.n_channels + 1):
        before, centre = (lower if channel == 0 else centres[channel]), centres[channel + 1]
        while mel(_F(_F(index) * hz_per_bin)) <= centre:
            weight = _F(_F(centre - mel(_F(_F(index) * hz_per_bin))) / _F(centre - before))
            yield channel, index, quantized(weight), quantized(_F(_F(1) - weight))
            index += 1


def _filter_tables(config: FrontendConfig) -> tuple[list[int], list[int], list[int], list[int], list[int], int, int]:
    """Return the filters as SignalFilterBank wants them, then the first bin and the one after the last."""
    bins: dict[int, list[tuple[int, int, int]]] = {}
    for channel, index, weight, unweight in filter_weights(config):
        bins.setdefault(channel, []).append((index, weight, unweight))
    weights, unweights = [0] * _BLOCK, [0] * _BLOCK  # where channels without bins point to
    starts, weight_starts, widths = [], [], []
    for channel in range(config.n_channels + 1):
        own = bins.get(channel, [])
        starts.append(own[0][0] if own else 0)
        weight_starts.append(len(weights) if own else 0)
        n_padded = max(1, -(-len(own) // _BLOCK)) * _BLOCK
        widths.append(n_padded)
        if own:
            weights += [weight for _, weight, _ in own] + [0] * (n_padded - len(own))
            unweights += [unweight for _, _, unweight in own] + [0] * (n_padded - len(own))
    indices = [index for own in bins.values() for index, _, _ in own]
    return starts, weight_starts, widths, weights, unweights, min(indices), max(indices) + 1


def signal_graph(config: FrontendConfig, outputs: tuple[str, ...] = ("log",)) -> bytes:
    """Return a .tflite file whose operators keep their noise estimates from one invocation to the next.

    Input: int16 (1, window). Outputs, by name: window, scaled, shift, fft, energy, filters, root, quiet, noise, pcan,
    log.
    """
    n, n_fft, n_channels = config.window_samples, fft_size(config), config.n_channels
    starts, weight_starts, widths, weights, unweights, first, end = _filter_tables(config)
    correction_bits = n_fft.bit_length() - 1 - _WEIGHT_BITS // 2
    b = ModelBuilder()
    t = {"pcm": b.tensor((1, n), dtype="int16"), "window": b.tensor((1, n), dtype="int16")}
    t |= {"flat": b.tensor((n,), dtype="int16"), "scaled": b.tensor((n,), dtype="int16")}
    t |= {"shift": b.tensor((), dtype="int32"), "fft": b.tensor((n_fft + 2,), dtype="int16")}
    t |= {"energy": b.tensor((n_fft // 2 + 1,), dtype="uint32"), "filters": b.tensor((n_channels,), dtype="uint64")}
    t |= {name: b.tensor((n_channels,), dtype="uint32") for name in ("root", "quiet", "noise", "pcan")}
    t["log"] = b.tensor((n_channels,), dtype="int16")

    def constant(values: list[int] | NDArray[np.int16], dtype: str = "int16") -> int:
        return b.tensor((len(values),), dtype=dtype, data=np.asarray(values))

    b.custom_operator("SignalWindow", [t["pcm"], constant(window_table(config))], [t["window"]], shift=_WEIGHT_BITS)
    b.operator("RESHAPE", [t["window"], constant([n], "int32")], t["flat"])
    b.custom_operator("SignalFftAutoScale", [t["flat"]], [t["scaled"], t["shift"]])
    b.custom_operator("SignalRfft", [t["scaled"]], [t["fft"]], T=7, fft_length=n_fft)
    b.custom_operator("SignalEnergy", [t["fft"]], [t["energy"]], start_index=first, end_index=end)
    tables = [constant(values) for values in (weights, unweights, starts, weight_starts, widths)]
    b.custom_operator("SignalFilterBank", [t["energy"], *tables], [t["filters"]], num_channels=n_channels)
    b.custom_operator("SignalFilterBankSquareRoot", [t["filters"], t["shift"]], [t["root"]])
    b.custom_operator(
        "SignalFilterBankSpectralSubtraction",
        [t["root"]],
        [t["quiet"], t["noise"]],
        num_channels=n_channels,
        smoothing=409,
        one_minus_smoothing=16384 - 409,
        alternate_smoothing=983,
        alternate_one_minus_smoothing=16384 - 983,
        min_signal_remaining=819,
        smoothing_bits=10,
        spectral_subtraction_bits=14,
        clamping=False,
    )
    gain = constant(gain_table(config))
    snr_shift = 21 - correction_bits - 12
    b.custom_operator("SignalPCAN", [t["quiet"], t["noise"], gain], [t["pcan"]], snr_shift=snr_shift)
    b.custom_operator(
        "SignalFilterBankLog", [t["pcan"]], [t["log"]], output_scale=64, input_correction_bits=correction_bits
    )
    return b.build([t["pcm"]], [t[name] for name in outputs])
