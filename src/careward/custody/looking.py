"""One record of a delivery as it came, read from its sealed bytes."""

from careward.checking.findings import Notes
from careward.checking.naming import recognise
from careward.checking.reading.opening import opened
from careward.checking.unreadable import Unreadable
from careward.intake.models import Delivery
from careward.store.objects import objects


def record(delivery: Delivery, line: int) -> list[tuple[str, str]] | None:
    """Label and value of each field of the record that begins on ``line``; None when there is none, or it is ragged.

    Raises what the object store raises when the file is missing or broken.
    """
    spec = delivery.specification
    try:
        dataset = recognise(delivery.name, spec=spec).dataset
        with (
            objects().local_copy(delivery.raw_key) as path,
            opened(path, spec=spec, dataset=dataset, notes=Notes()) as table,
        ):
            for row in table.rows():
                if row.line == line and row.cells is not None:
                    return [
                        (field.label, cell) for field, cell in zip(dataset.fields, row.cells, strict=True)
                    ]
                if row.line > line:
                    return None
    except Unreadable:
        return None
    return None
