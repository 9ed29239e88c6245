"""The documents in the databases as plain values: ids are texts, money is paise."""

import pymongo
from bson import ObjectId

COLLECTIONS = {  # name here: database, collection
    "orders": ("cart_db", "orders"),
    "carts": ("cart_db", "cart_items"),
    "checkouts": ("cart_db", "checkouts"),
    "keys": ("cart_db", "keys"),
    "deliveries": ("delivery_db", "order_status"),
    "products": ("product_db", "products"),
    "users": ("user_db", "users"),
}

# A checkout in this state only waits until late calls have expired.
RETURNED = "RETURNED"


def plain(value):
    """A value of the database without its types."""
    if isinstance(value, ObjectId):
        return str(value)
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return value


class Databases:
    """All databases of a system, read with all rights."""

    def __init__(self, uri):
        self.client = pymongo.MongoClient(uri, serverSelectionTimeoutMS=5000, socketTimeoutMS=10000)

    def count(self, name, **wanted):
        database, collection = COLLECTIONS[name]
        return self.client[database][collection].count_documents(wanted)

    def read(self, name):
        database, collection = COLLECTIONS[name]
        return [plain(one) for one in self.client[database][collection].find()]

    def stored(self):
        """All documents that the checker needs."""
        return {name: self.read(name) for name in COLLECTIONS}

    def close(self):
        self.client.close()
