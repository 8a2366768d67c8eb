"""What a value is in CSV, JSON and JSONL: strings, True, False, None, lists, dicts, and numbers as Number."""

import base64
import datetime
import struct
import uuid
from decimal import Context, Decimal, InvalidOperation

import numpy as np
import pyarrow as pa

t = pa.types


EXACT = Context(prec=2_000)


def shortest(digits):
    return digits.normalize(EXACT) if digits else 0


class Number:
    """Equal when every digit says the same; NaN is NaN, and -0 is not 0."""

    def __init__(self, text):
        self.text = str(text)

    def key(self):
        try:
            digits = Decimal(self.text) if self.text.lstrip("-") not in ("NaN", "Infinity") else None
        except InvalidOperation:
            digits = None
        return self.text if digits is None else (self.text.startswith("-"), shortest(digits))

    def __eq__(self, other):
        return isinstance(other, Number) and self.key() == other.key()

    def __repr__(self):
        return self.text


class FloatNumber(Number):
    """Equal to every text that gives the float back with as few digits as numpy needs: at a tie there are two."""

    def __init__(self, value):
        super().__init__(np.format_float_positional(value, unique=True, trim="0"))
        self.value = value

    def __eq__(self, other):
        if not isinstance(other, Number) or other.key() == other.text:
            return False
        is_same = type(self.value)(other.text).tobytes() == self.value.tobytes()
        return is_same and digit_count(other.text) <= digit_count(self.text)


def digit_count(text):
    return len(Decimal(text).normalize(EXACT).as_tuple().digits)


def plain(value, type_):
    if isinstance(type_, pa.UuidType):
        return None if value is None else str(uuid.UUID(bytes=value))
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
        return plain(value[2], type_.field(value[1]).type)
    if isinstance(value, list):
        return [plain(inner, type_.value_type) for inner in value]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


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
    if type_.bit_width == 16 and value == int(value):
        # of 65504 numpy makes 65500, which is as short, but another number
        return Number(value)
    return FloatNumber({16: np.float16, 32: np.float32, 64: np.float64}[type_.bit_width](value))


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


def as_stored(value, type_):
    """A value (as values.py has it) as Parquet holds it: text, at any depth, for what it has no type for."""
    if isinstance(type_, pa.BaseExtensionType):
        return as_stored(value, type_.storage_type)
    if t.is_dictionary(type_) or t.is_run_end_encoded(type_):
        return as_stored(value, type_.value_type)
    if value is None:
        return None
    is_wide = t.is_decimal(type_) and type_.scale < 0 and type_.precision - type_.scale > 76
    if is_wide or t.is_interval(type_) or t.is_union(type_) or (t.is_struct(type_) and type_.num_fields == 0):
        text = plain(value, type_)
        return None if text is None else text if isinstance(text, str) else "{}" if text == {} else str(text)
    if t.is_struct(type_):
        return ("struct", tuple((name, as_stored(inner, type_.field(i).type)) for i, (name, inner) in enumerate(value[1])))
    if t.is_map(type_):
        return ("map", tuple((as_stored(k, type_.key_type), as_stored(v, type_.item_type)) for k, v in value[1]))
    if isinstance(value, list):
        return [as_stored(inner, type_.value_type) for inner in value]
    return value
