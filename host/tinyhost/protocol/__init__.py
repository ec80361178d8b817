"""The wire: frames and messages. Pure: bytes in, values out."""
