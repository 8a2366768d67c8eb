"""What a value is in CSV, JSON and JSONL: strings, True, False, None, lists, dicts, and numbers as Number."""

import base64
import datetime
import struct
from decimal import Decimal

import numpy as np
import pyarrow as pa

t = pa.types


class Number:
    """Equal when every digit says the same; NaN is NaN, and -0 is not 0."""

    def __init__(self, text):
        self.text = str(text)

    def key(self):
        if self.text.lstrip("-") in ("NaN", "Infinity"):
            return self.text
        return (self.text.startswith("-"), Decimal(self.text).normalize() if Decimal(self.text) else 0)

    def __eq__(self, other):
        return isinstance(other, Number) and self.key() == other.key()

    def __repr__(self):
        return self.text


def plain(value, type_):
    if isinstance(type_, pa.BaseExtensionType):
        return plain(value, type_.storage_type)
    if t.is_dictionary(type_) or t.is_run_end_encoded(type_):
        return plain(value, type_.value_type)
    if value is None:
        return None
    if t.is_integer(type_):
        return Number(value)
    if t.is_floating(type_):
        return float_number(value[1], type_)
    if t.is_decimal(type_):
        return decimal_text(value[1], type_.scale)
    if t.is_date(type_):
        return day_text(int(value[1]))
    if t.is_time(type_):
        seconds, rest = divmod(value[1], 10**9)
        return clock(seconds) + (f".{rest:09d}".rstrip("0") if rest else "")
    if t.is_timestamp(type_):
        days, rest = divmod(value[1], 86_400 * 10**9)
        seconds, nanoseconds = divmod(rest, 10**9)
        fraction = f"{nanoseconds:09d}"
        while len(fraction) > 3 and fraction.endswith("000"):
            fraction = fraction[:-3]
        return f"{day_text(days)}T{clock(seconds)}.{fraction}{'Z' if type_.tz else ''}"
    if t.is_duration(type_):
        return f"{'-' if value[1] < 0 else ''}PT{seconds_text(abs(value[1]))}S"
    if t.is_interval(type_):
        _, months, days, nanoseconds = value
        sign = "-" if nanoseconds < 0 else ""
        time = f"T{sign}{seconds_text(abs(nanoseconds))}S" if nanoseconds or not (months or days) else ""
        return f"P{f'{months}M' if months else ''}{f'{days}D' if days else ''}{time}"
    if t.is_struct(type_):
        return entries([(name, plain(inner, type_.field(i).type)) for i, (name, inner) in enumerate(value[1])])
    if t.is_map(type_):
        return entries([(key_text(plain(k, type_.key_type)), plain(v, type_.item_type)) for k, v in value[1]])
    if t.is_union(type_):
        return plain_of_union(value, type_)
    if isinstance(value, list):
        return [plain(inner, type_.value_type) for inner in value]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def plain_of_union(value, type_):
    for i in range(type_.num_fields):
        try:
            return plain(value, type_.field(i).type)
        except (TypeError, IndexError, ValueError):
            continue
    raise ValueError(value)


def entries(pairs):
    if len({key for key, _ in pairs}) == len(pairs):
        return dict(pairs)
    return [{"key": key, "value": value} for key, value in pairs]


def key_text(key):
    return key.text if isinstance(key, Number) else key


def float_number(bits, type_):
    value = float("nan") if bits == "nan" else struct.unpack("<d", bytes.fromhex(bits))[0]
    if value != value or value in (float("inf"), float("-inf")):
        return Number("NaN" if value != value else "Infinity" if value > 0 else "-Infinity")
    own = {16: np.float16, 32: np.float32, 64: np.float64}[type_.bit_width](value)
    return Number(np.format_float_positional(own, unique=True, trim="0"))


def decimal_text(value, scale):
    digits = abs(value.numerator) * 10 ** max(scale, 0) // value.denominator
    text = str(digits).rjust(scale + 1, "0") if scale > 0 else str(digits)
    return ("-" if value < 0 else "") + (f"{text[:-scale]}.{text[-scale:]}" if scale > 0 else text)


def day_text(days):
    # a calendar of 400 years repeats: a day that Python's dates know stands for it
    cycles, rest = divmod(days + 719162, 146097)
    date = datetime.date.fromordinal(rest + 1)
    year = date.year + 400 * cycles
    text = f"{year:04d}" if 0 <= year <= 9999 else f"{year:+07d}"
    return f"{text}-{date.month:02d}-{date.day:02d}"


def clock(seconds):
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def seconds_text(nanoseconds):
    seconds, rest = divmod(nanoseconds, 10**9)
    return str(seconds) + (f".{rest:09d}".rstrip("0") if rest else "")
