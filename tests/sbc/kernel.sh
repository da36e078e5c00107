#!/bin/bash
# SPDX-License-Identifier: MIT
# kernel.sh CACHE - a Linux kernel that runs as an ordinary process (User Mode Linux), with the kernel's
# own simulated GPIO chips, from Debian's kernel source. Prints the kernel's path; builds it once.
set -eu
cache=$1
here=$(cd "$(dirname "$0")" && pwd)
source=$(find /usr/src -name 'linux-source-*.tar.xz' | sort -V | tail -1)
[ -n "$source" ] || {
	echo "kernel.sh: no linux-source package is installed; make sbc installs it" >&2
	exit 1
}
key=$(cat "$0" <(dpkg-query -W -f '${Version}' "$(basename "$source" .tar.xz)") | sha256sum | cut -c1-12)
kernel=$cache/linux-$key
[ -x "$kernel" ] || {
	tree=$cache/build-$key
	rm -rf "$tree"
	mkdir -p "$tree"
	echo "building the kernel of the virtual board from $(basename "$source") (some minutes, once)" >&2
	{
		tar xf "$source" -C "$tree" --strip-components=1
		cd "$tree"
		make ARCH=um defconfig
		# UML_PCI_OVER_VIRTIO brings the interrupts that GPIO edges need: without it all 64 are taken.
		scripts/config -e GPIOLIB -e GPIO_CDEV -e GPIO_SIM -e CONFIGFS_FS -e HOSTFS -e TMPFS -e DEVTMPFS \
			-e DEVTMPFS_MOUNT -e UNIX -e INET -e WATCHDOG -e HIGH_RES_TIMERS -e CGROUPS -e MEMCG \
			-e CGROUP_PIDS -e CGROUP_SCHED -e PID_NS -e USER_NS -e NET_NS -e IPC_NS -e UTS_NS -e BPF_SYSCALL \
			-e CGROUP_BPF -e SECCOMP -e SECCOMP_FILTER -e OVERLAY_FS -e TMPFS_XATTR -e TMPFS_POSIX_ACL \
			-e AUTOFS_FS -e VIRTIO_UML -e UML_PCI_OVER_VIRTIO --set-val UML_PCI_OVER_VIRTIO_DEVICE_ID 1234 \
			-e UML_TIME_TRAVEL_SUPPORT -e EXT4_FS -e BLK_DEV_LOOP -d DEBUG_INFO -d SOUND -d BTRFS_FS -d XFS_FS -d WIRELESS \
			-d SCSI -d MODULES
		make ARCH=um olddefconfig
		make ARCH=um -j"$(nproc)" linux
	} >"$cache/kernel.log" 2>&1 || {
		tail -20 "$cache/kernel.log" >&2
		exit 1
	}
	cp "$tree/linux" "$kernel.new"

	mv "$kernel.new" "$kernel"
	cd "$here"
	rm -rf "$tree"
}
echo "$kernel"
