"""What CloudFront keeps by a name and an ETag: origin access controls and policies, which differ only in their documents."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aws.access import Account as Door
from aws.errors import AwsError
from provisioning.ids import Ids
from provisioning.kinds.found import Found, Refused, deleting
from provisioning.shapes import Shape

Document = dict[str, Any]


def listed(door: Door, operation: str, key: str, **asked: Any) -> Iterator[Document]:
    """All items of a listing, page by page. AWS: 100 at a time, less where a listing says so."""
    page: Document = dict(asked)
    while True:
        answer = door.read("cloudfront", operation, "", **page)[key]
        yield from answer.get("Items", ())
        if not answer.get("NextMarker"):
            return
        page["Marker"] = answer["NextMarker"]


@dataclass(frozen=True)
class Named:
    """One kind: AWS's word for it and for many of it, and how its document is a shape and back.

    `asked` narrows its listing to those of the account; `config_of` finds id and document in an item of it.
    """

    word: str
    words: str
    title: str
    to_document: Callable[[str, Any], Document]
    to_shape: Callable[[Document], Shape]
    config_of: Callable[[Document], tuple[str, Document]]
    asked: Mapping[str, str]

    def read(self, door: Door, names: Collection[str], ids: Ids) -> Mapping[str, Found | Refused]:
        """One listing for all. AWS: names are unique in the account; the listing tells no ETag."""
        items = listed(door, f"List{self.words}", f"{self.word}List", **self.asked)
        configs = [self.config_of(item) for item in items]
        return {
            config["Name"]: Found(self.to_shape(config), aws_id)
            for aws_id, config in configs
            if config["Name"] in set(names)
        }

    def create(self, door: Door, name: str, shape: Any, ids: Ids) -> None:
        """AWS: a name that is there already is 409; after a lost answer it is our own."""
        try:
            door.write("cloudfront", f"Create{self.word}", name, **self._config(name, shape))
        except AwsError as error:
            if error.code != f"{self.word}AlreadyExists":
                raise
            found = self.read(door, [name], ids)[name]
            assert isinstance(found, Found)
            self.update(door, name, found, shape, ids)

    def update(self, door: Door, name: str, found: Found, shape: Any, ids: Ids) -> None:
        """AWS: the document is replaced, on condition of the ETag just read."""
        if found.shape == shape:
            return
        config = self._config(name, shape)
        door.write(
            "cloudfront",
            f"Update{self.word}",
            name,
            Id=found.aws_id,
            IfMatch=self._etag(door, name, found),
            **config,
        )

    def delete(self, door: Door, name: str, found: Found, ids: Ids) -> None:
        """AWS: not while a distribution names it."""
        why = f"A distribution still uses the {self.title} {name}, so it was not deleted."
        with deleting(f"{self.word}InUse", why):
            etag = self._etag(door, name, found)
            door.write("cloudfront", f"Delete{self.word}", name, Id=found.aws_id, IfMatch=etag)

    def _config(self, name: str, shape: Any) -> Document:
        return {f"{self.word}Config": self.to_document(name, shape)}

    def _etag(self, door: Door, name: str, found: Found) -> str:
        return str(door.read("cloudfront", f"Get{self.word}", name, Id=found.aws_id)["ETag"])


def inner(word: str) -> Callable[[Document], tuple[str, Document]]:
    """Of listings of policies, whose items wrap each policy in its type."""

    def find(item: Document) -> tuple[str, Document]:
        policy = item[word]
        return policy["Id"], policy[f"{word}Config"]

    return find
