"""All photographs, decoded once, as one flat array of bytes."""

import numpy as np
import numpy.typing as npt
from PIL import Image

CHANNELS = 3


class Pixels:
    """Photographs of different sizes in one flat uint8 array, usually memory-mapped.

    `pixels[i]` is photograph i as H x W x 3 without a copy; `len(pixels)` is how many there are.
    """

    def __init__(
        self,
        data: npt.NDArray[np.uint8],
        offset: npt.NDArray[np.int64],
        height: npt.NDArray[np.int64],
        width: npt.NDArray[np.int64],
    ) -> None:
        """Describe where each photograph lies.

        Args:
            data: the bytes of all photographs.
            offset: of the first byte of each photograph (N).
            height: of each in pixels (N).
            width: of each in pixels (N).

        Raises:
            ValueError: a photograph would lie outside of the data.
        """
        if not len(offset) == len(height) == len(width):
            raise ValueError("offset, height and width describe different numbers of photographs")
        ends = offset + height * width * CHANNELS
        if len(offset) and (offset.min() < 0 or ends.max() > len(data) or min(height.min(), width.min()) < 1):
            raise ValueError("a photograph lies outside of the data")
        self.data, self.offset, self.height, self.width = data, offset, height, width

    def __len__(self) -> int:
        return len(self.offset)

    def __getitem__(self, index: int) -> npt.NDArray[np.uint8]:
        start, height, width = int(self.offset[index]), int(self.height[index]), int(self.width[index])
        flat = self.data[start : start + height * width * CHANNELS]
        return flat.reshape(height, width, CHANNELS)

    def centre_squares(
        self, indices: npt.NDArray[np.int64], *, size_px: int, crop: float = 1.0
    ) -> npt.NDArray[np.uint8]:
        """Return the central squares of some photographs, resized (n x 3 x size_px x size_px).

        Args:
            indices: of the photographs (n).
            size_px: side of the result.
            crop: side of the square as a share of the shorter side.
        """
        squares = np.empty((len(indices), CHANNELS, size_px, size_px), dtype=np.uint8)
        for position, index in enumerate(indices):
            square = centre_square(self[int(index)], size_px=size_px, crop=crop)
            squares[position] = square.transpose(2, 0, 1)
        return squares


def centre_square(
    photograph: npt.NDArray[np.uint8], *, size_px: int, crop: float = 1.0
) -> npt.NDArray[np.uint8]:
    """Return the central square of a photograph (H x W x 3), resized (size_px x size_px x 3).

    Args:
        photograph: to cut it from.
        size_px: side of the result.
        crop: side of the square as a share of the shorter side.
    """
    left, top, side = centre_square_box(*photograph.shape[:2], crop=crop)
    resized = Image.fromarray(photograph).resize(
        (size_px, size_px), Image.Resampling.BILINEAR, box=(left, top, left + side, top + side)
    )
    return np.asarray(resized)


def centre_square_box(height: int, width: int, *, crop: float = 1.0) -> tuple[float, float, float]:
    """Return left, top and side, in pixels, of the square in a photograph that a network sees.

    Whoever lays a map over a photograph inverts this.
    """
    side = crop * min(height, width)
    return (width - side) / 2, (height - side) / 2, side
