"""Arrow arrays as plain Python values that lose nothing and know no layout: equal values are equal whatever held them."""

import struct
from fractions import Fraction

import pyarrow as pa
import pyarrow.compute as pc

NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
t = pa.types


def values(array):
    if isinstance(array, pa.ChunkedArray):
        return [value for chunk in array.chunks for value in values(chunk)]
    if isinstance(array, pa.ExtensionArray):
        return values(array.storage)
    type_ = array.type
    if t.is_null(type_):
        return [None] * len(array)
    if t.is_union(type_):
        return union_values(array)
    if t.is_run_end_encoded(type_):
        return values(pc.run_end_decode(array))
    if t.is_dictionary(type_):
        words = values(array.dictionary)
        return [None if key is None else words[key] for key in array.indices.to_pylist()]
    there = array.is_valid().to_pylist()
    read = present(array, type_)
    return [value if is_there else None for value, is_there in zip(read, there)]


def present(array, type_):
    """The values; anything for a null."""
    if t.is_boolean(type_) or t.is_integer(type_):
        return array.to_pylist()
    if t.is_floating(type_):
        return [None if v is None else ("float", v) for v in float_bits(array)]
    if t.is_decimal(type_):
        return [("decimal", Fraction(n) * Fraction(10) ** -type_.scale) for n in unscaled(array, type_.bit_width)]
    if t.is_date32(type_):
        return [None if v is None else ("day", v) for v in array.view(pa.int32()).to_pylist()]
    if t.is_date64(type_):
        return [None if v is None else ("day", Fraction(v, 86_400_000)) for v in array.view(pa.int64()).to_pylist()]
    if t.is_time32(type_):
        return in_nanoseconds("time", array.view(pa.int32()), type_.unit)
    if t.is_time64(type_):
        return in_nanoseconds("time", array.view(pa.int64()), type_.unit)
    if t.is_timestamp(type_):
        return in_nanoseconds("instant" if type_.tz else "wall", array.view(pa.int64()), type_.unit)
    if t.is_duration(type_):
        return in_nanoseconds("duration", array.view(pa.int64()), type_.unit)
    if t.is_interval(type_):
        data, start = array.buffers()[1].to_pybytes(), array.offset
        return [("interval", *struct.unpack_from("<iiq", data, 16 * (start + i))) for i in range(len(array))]
    if t.is_struct(type_):
        fields = [values(array.field(i)) for i in range(type_.num_fields)]
        # a field of a struct that is null may be anything
        return [("struct", tuple((type_.field(i).name, fields[i][row]) for i in range(type_.num_fields))) for row in range(len(array))]
    if t.is_map(type_):
        return map_values(array)
    if t.is_fixed_size_list(type_):
        size, start = type_.list_size, array.offset
        inner = values(array.values)
        return [inner[(start + i) * size : (start + i + 1) * size] for i in range(len(array))]
    if t.is_list_view(type_) or t.is_large_list_view(type_):
        inner = values(array.values)
        return [inner[o : o + s] for o, s in zip(array.offsets.to_pylist(), array.sizes.to_pylist())]
    if t.is_list(type_) or t.is_large_list(type_):
        inner, ends = values(array.values), array.offsets.to_pylist()
        return [inner[a:b] for a, b in zip(ends, ends[1:])]
    return array.to_pylist()


def in_nanoseconds(kind, integers, unit):
    return [None if v is None else (kind, v * NANOSECONDS[unit]) for v in integers.to_pylist()]


def float_bits(array):
    width = array.type.bit_width // 8
    data, start = array.buffers()[1].to_pybytes(), array.offset
    code = {2: "<e", 4: "<f", 8: "<d"}[width]
    # the double's bits: a NaN is a NaN, -0 is not 0
    bits = [struct.pack("<d", struct.unpack_from(code, data, width * (start + i))[0]) for i in range(len(array))]
    return ["nan" if b[6:] in (b"\xf8\x7f", b"\xf8\xff") or struct.unpack("<d", b)[0] != struct.unpack("<d", b)[0] else b.hex() for b in bits]


def unscaled(array, bit_width):
    width = bit_width // 8
    data, start = array.buffers()[1].to_pybytes(), array.offset
    return [int.from_bytes(data[width * (start + i) : width * (start + i + 1)], "little", signed=True) for i in range(len(array))]


def map_values(array):
    keys, items, ends = values(array.keys), values(array.items), array.offsets.to_pylist()
    first = ends[0] if len(ends) > 0 else 0
    # keys and items may or may not begin with the slice
    shift = first if len(keys) < ends[-1] else 0
    return [("map", tuple(zip(keys[a - shift : b - shift], items[a - shift : b - shift]))) for a, b in zip(ends, ends[1:])]


def union_values(array):
    places = {code: i for i, code in enumerate(array.type.type_codes)}
    kinds = array.type_codes.to_pylist()
    children = [values(array.field(i)) for i in range(array.type.num_fields)]
    offsets = array.offsets.to_pylist() if array.type.mode == "dense" else range(len(array))
    return [("kind", places[kind], children[places[kind]][at]) for kind, at in zip(kinds, offsets)]
