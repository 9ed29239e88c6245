#!/usr/bin/python3
"""Writes products where no call of the shop does: `products.py DATABASE put|remove ID [JSON of fields]`.

Prices are in paise, as they are stored.
"""

import json
import sys

import pymongo
from bson import ObjectId


def main(database, action, product_id, fields="{}"):
    with pymongo.MongoClient(database) as client:
        products = client["product_db"]["products"]
        if action == "remove":
            products.delete_one({"_id": ObjectId(product_id)})
        else:
            products.update_one({"_id": ObjectId(product_id)}, {"$set": json.loads(fields)},
                                upsert=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
