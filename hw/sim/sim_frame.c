/* SPDX-License-Identifier: MIT */
#include "sim_frame.h"

#include <errno.h>

#define CRC_SIZE	 2
#define SILENCE_FIXED_US 1750
#define BITS_PER_CHAR	 10

uint16_t sim_frame_crc(const uint8_t *bytes, size_t len)
{
	uint32_t crc = 0xffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++) {
			crc = (crc & 1U) != 0 ? crc >> 1 ^ 0xa001U : crc >> 1;
		}
	}
	return (uint16_t)crc;
}

bool sim_frame_crc_is_good(const uint8_t *bytes, size_t len)
{
	uint16_t crc;

	if (len < 2 + CRC_SIZE) {
		return false;
	}
	crc = sim_frame_crc(bytes, len - CRC_SIZE);
	return bytes[len - 2] == (crc & 0xff) && bytes[len - 1] == crc >> 8;
}

size_t sim_frame_seal(uint8_t *bytes, size_t len)
{
	const uint16_t crc = sim_frame_crc(bytes, len);

	bytes[len] = (uint8_t)(crc & 0xff);
	bytes[len + 1] = (uint8_t)(crc >> 8);
	return len + CRC_SIZE;
}

int sim_frame_request_length(const uint8_t *bytes, size_t len)
{
	if (len < 2) {
		return 0;
	}
	switch (bytes[1]) {
	case 0x01: /* reads: address, count */
	case 0x02:
	case 0x03:
	case 0x04:
	case 0x05: /* single writes: address, value */
	case 0x06:
	case 0x08: /* diagnostics: sub-function, value */
		return 8;
	case 0x07:
	case 0x0b:
	case 0x0c:
	case 0x11:
		return 4;
	case 0x0f: /* multiple writes: address, count, byte count, bytes */
	case 0x10:
		return len < 7 ? 0 : 7 + bytes[6] + CRC_SIZE;
	case 0x16:
		return 10;
	case 0x17:
		return len < 11 ? 0 : 11 + bytes[10] + CRC_SIZE;
	default:
		return -EPROTO;
	}
}

uint64_t sim_frame_time_us(size_t len, uint32_t baud)
{
	return ((uint64_t)len * BITS_PER_CHAR * 1000000 + baud / 2) / baud;
}

uint64_t sim_frame_silence_us(uint32_t baud)
{
	return baud > 19200 ? SILENCE_FIXED_US : UINT64_C(3500000) * BITS_PER_CHAR / baud;
}
