"""What the stages ask for as environment variables: names that nobody has yet."""

import os
import secrets
import time

os.environ["STEM"] = f"peer_{secrets.token_hex(4)}"
os.environ["UPPER"] = f"{os.environ['STEM']}_a".upper()
os.environ["NOW_MS"] = str(int(time.time() * 1000))
