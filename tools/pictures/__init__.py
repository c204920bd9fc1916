"""./run pictures: the pictures of the docs, taken from the product as it runs, so that they can be taken again."""
