"""Requests of SFTP the gateway refuses to all: what were missing here would reach the real file system."""

from typing import NoReturn

from asyncssh import SFTPAttrs, SFTPServer
from typing_extensions import override

from careward.gateway.refusals import answer


class NotOffered(SFTPServer):
    """Folders are fixed; there are no links, locks or figures of the disk."""

    @override
    def mkdir(self, path: bytes, attrs: SFTPAttrs) -> NoReturn:
        raise answer("folders_fixed")

    @override
    def rmdir(self, path: bytes) -> NoReturn:
        raise answer("folders_fixed")

    @override
    def readlink(self, path: bytes) -> NoReturn:
        raise answer("links_refused")

    @override
    def symlink(self, oldpath: bytes, newpath: bytes) -> NoReturn:
        raise answer("links_refused")

    @override
    def link(self, oldpath: bytes, newpath: bytes) -> NoReturn:
        raise answer("links_refused")

    @override
    def open56(self, path: bytes, desired_access: int, flags: int, attrs: SFTPAttrs) -> NoReturn:
        raise answer("not_offered")

    @override
    def lock(self, file_obj: object, offset: int, length: int, flags: int) -> NoReturn:
        raise answer("not_offered")

    @override
    def unlock(self, file_obj: object, offset: int, length: int) -> NoReturn:
        raise answer("not_offered")

    @override
    def statvfs(self, path: bytes) -> NoReturn:
        raise answer("not_offered")

    @override
    def fstatvfs(self, file_obj: object) -> NoReturn:
        raise answer("not_offered")

    @override
    def map_path(self, path: bytes) -> NoReturn:
        raise answer("not_found")
