/* SPDX-License-Identifier: MIT */
/* sim_frame.h - Modbus RTU frames as bytes on a line. Pure. */
#ifndef SIM_FRAME_H
#define SIM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_FRAME_MAX 256 /* address + 253 bytes of PDU + CRC */

/* CRC-16/Modbus; on the wire its low byte comes first. */
uint16_t sim_frame_crc(const uint8_t *bytes, size_t len);

/* Length of the request that begins at @bytes, CRC included; 0 = not enough bytes to tell,
 * -EPROTO = a function code whose length is not known. It may exceed @len. */
int sim_frame_request_length(const uint8_t *bytes, size_t len);

bool sim_frame_crc_is_good(const uint8_t *bytes, size_t len);

/* Append the CRC to @len bytes; returns the new length. */
size_t sim_frame_seal(uint8_t *bytes, size_t len);

/* Microseconds that @len characters of 10 bits take. */
uint64_t sim_frame_time_us(size_t len, uint32_t baud);

/* t3.5: the silence that separates two frames; fixed above 19200 baud. */
uint64_t sim_frame_silence_us(uint32_t baud);

#endif /* SIM_FRAME_H */
