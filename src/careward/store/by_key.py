"""One row by its key, as often asked as pages are made: Django's SQL, put together once in each process, planned once.

Putting the SQL of a wide table together takes Django several times as long as the database takes to answer it.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, models, transaction

from careward.store.planned import ask

M = TypeVar("M", bound=models.Model)
Convert = Callable[[Any, Any, Any], Any]
Converters = Sequence[tuple[int, Sequence[Convert], Any]]


class ByKey(Generic[M]):
    """Gives a row of a model as ``objects.filter(pk=key).first()`` does, or by another unique field ``by``.

    With ``lock`` it stays locked until the transaction ends, in which it must be asked.
    """

    def __init__(self, model: type[M], by: str = "pk", *, lock: bool = False) -> None:
        self.model, self.by, self.lock = model, by, lock

    def get(self, key: object) -> M | None:
        """The row, every field as the model reads it; None when there is none.

        Raises TransactionManagementError for a lock outside of a transaction.
        """
        return next(iter(self.all(key)), None)

    def all(self, key: object) -> list[M]:
        """As :meth:`get`, every row of a key that is not unique, in no order."""
        if self.lock and not connection.in_atomic_block:
            raise transaction.TransactionManagementError("a locked row is asked for inside a transaction")
        sql, names, converters = self._compiled
        return [self._read(row, names, converters) for row in ask(sql, [key])]

    def _read(self, row: Sequence[Any], names: Sequence[str], converters: Converters) -> M:
        values = list(row)
        for at, steps, column in converters:
            for step in steps:
                values[at] = step(values[at], column, connection)
        return self.model.from_db(DEFAULT_DB_ALIAS, names, values)

    @cached_property
    def _compiled(self) -> tuple[str, Sequence[str], Converters]:
        """SQL with one place for the key, names of the fields in its order, and what makes their values."""
        rows = self.model._base_manager.filter(**{self.by: self._any_key})
        if self.lock:
            rows = rows.select_for_update(of=("self",))
        compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, parameters = compiler.as_sql()
        assert len(parameters) == 1, sql
        columns = [column for column, _, _ in compiler.select]
        names = [column.target.attname for column in columns]
        converters = compiler.get_converters(columns)
        return sql, names, [(at, steps, column) for at, (steps, column) in converters.items()]

    @property
    def _any_key(self) -> object:
        """A key of the right kind, in whose place the one asked for is put."""
        meta = self.model._meta
        field: Any = meta.pk if self.by == "pk" else meta.get_field(self.by)
        return (
            UUID(int=0)
            if isinstance(field.target_field if field.is_relation else field, models.UUIDField)
            else 0
        )
