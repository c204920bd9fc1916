"""What ./run and .ci/run need besides the product: no part of it."""
