"""What a column's type becomes on the way, and what of it a format can't hold."""

import pyarrow as pa

t = pa.types


def lowered(type_):
    """As Rowmill reads it: what is only another layout of the same values is those values' own type."""
    if isinstance(type_, pa.BaseExtensionType):
        return type_
    if t.is_dictionary(type_) or t.is_run_end_encoded(type_):
        return lowered(type_.value_type)
    if t.is_string_view(type_):
        return pa.string()
    if t.is_binary_view(type_):
        return pa.binary()
    return with_children(type_, lowered)


def with_children(type_, change):
    def inner(field):
        return field.with_type(change(field.type))

    if t.is_list_view(type_) or t.is_list(type_):
        return pa.list_(inner(type_.value_field))
    if t.is_large_list_view(type_) or t.is_large_list(type_):
        return pa.large_list(inner(type_.value_field))
    if t.is_fixed_size_list(type_):
        return pa.list_(inner(type_.value_field), type_.list_size)
    if t.is_map(type_):
        return pa.map_(inner(type_.key_field), inner(type_.item_field))
    if t.is_struct(type_):
        return pa.struct([inner(type_.field(i)) for i in range(type_.num_fields)])
    if t.is_union(type_):
        fields = [inner(type_.field(i)) for i in range(type_.num_fields)]
        return (pa.dense_union if type_.mode == "dense" else pa.sparse_union)(fields, type_.type_codes)
    return type_


def in_parquet(type_):
    """Of the lowered types, those that Parquet has no word for: what is written instead."""
    if isinstance(type_, pa.BaseExtensionType):
        return type_
    if t.is_timestamp(type_) and type_.unit == "s":
        return pa.timestamp("ms", type_.tz)
    if t.is_time32(type_) and type_.unit == "s":
        return pa.time32("ms")
    if t.is_date64(type_):
        return pa.date32()
    if t.is_decimal(type_) and type_.scale < 0:
        digits = type_.precision - type_.scale
        return pa.string() if digits > 76 else pa.decimal256(digits, 0) if digits > 38 else pa.decimal128(digits, 0)
    if t.is_interval(type_) or t.is_union(type_) or (t.is_struct(type_) and type_.num_fields == 0):
        return pa.string()
    return with_children(type_, in_parquet)
