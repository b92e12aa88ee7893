package import Platform

/// Reads the records of a file in the TFRecord format, from an offset that a caller can keep.
///
/// A record is its length (8 bytes, little-endian), the checksum of the length, the data and the checksum of the data.
///
/// Source: <https://github.com/tensorflow/tensorflow/blob/v2.21.0/third_party/xla/xla/tsl/lib/io/record_writer.h>.
package struct RecordReader: Sendable {
    /// What is at the offset.
    package enum Step: Sendable {
        /// A whole record.
        case record(ArraySlice<UInt8>)
        /// A record that can't be used: its data is damaged, or longer than ``longest``.
        case skipped
        /// The end of the file, or the beginning of a record that is still being written.
        case wait
        /// The length of a record is damaged, so nothing after it can be found.
        case damaged
    }

    /// The most bytes of a record that is read. Graphs and images may be longer, and they have no scalars.
    package static let longest = 16 << 20
    private static let chunk = 256 << 10
    private static let header = 12
    private static let trailer = 4

    private let file: ReadableFile
    /// The offset of the next record.
    package private(set) var offset: Int
    private var buffer: [UInt8] = []
    /// The offset of the buffer's first byte.
    private var start = 0

    /// Creates a reader that begins at an offset, which must be that of a record.
    package init(_ file: ReadableFile, at offset: Int = 0) {
        self.file = file
        self.offset = offset
    }

    /// Reads the next record and moves behind it, unless there is nothing to read.
    package mutating func nextRecord() throws(PlatformError) -> Step {
        guard let header = try bytes(at: offset, count: Self.header) else { return .wait }
        let lengthBytes = header.prefix(8)
        guard Checksum.masked(of: lengthBytes) == UInt32(littleEndian: header.suffix(4)) else { return .damaged }
        // A file can't be so long. The sum below must not overflow.
        guard let length = Int(exactly: UInt64(littleEndian: lengthBytes)), length < 1 << 60 else { return .damaged }
        let end = offset + Self.header + length + Self.trailer
        guard length <= Self.longest else {
            guard try file.size >= end else { return .wait }
            offset = end
            return .skipped
        }
        guard let rest = try bytes(at: offset + Self.header, count: length + Self.trailer) else { return .wait }
        offset = end
        let data = rest.prefix(length)
        return Checksum.masked(of: data) == UInt32(littleEndian: rest.suffix(4)) ? .record(data) : .skipped
    }

    /// Returns bytes of the file, or nil if it does not have them yet.
    private mutating func bytes(at offset: Int, count: Int) throws(PlatformError) -> ArraySlice<UInt8>? {
        if offset < start || offset + count > start + buffer.count {
            // The header stays in the buffer with its data, so an unfinished record is read again as a whole.
            buffer = try file.readBytes(at: offset, upTo: max(count, Self.chunk))
            start = offset
        }
        let index = offset - start
        return index + count <= buffer.count ? buffer[index..<index + count] : nil
    }
}

extension FixedWidthInteger {
    /// Reads an integer from little-endian bytes.
    init(littleEndian bytes: ArraySlice<UInt8>) {
        var (value, shift): (Self, Int) = (0, 0)
        var index = bytes.startIndex
        while index < bytes.endIndex, shift < Self.bitWidth {
            value |= Self(truncatingIfNeeded: bytes[index]) << shift
            index += 1
            shift += 8
        }
        self = value
    }
}

/// CRC-32C as the TFRecord format stores it.
///
/// Source: <https://github.com/tensorflow/tensorflow/blob/v2.21.0/third_party/xla/xla/tsl/lib/hash/crc32c.h>, `Mask`;
/// the polynomial is that of <https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4>.
package enum Checksum {
    /// Returns the checksum, rotated and with an offset: a checksum of data that holds checksums has little value.
    package static func masked(of bytes: ArraySlice<UInt8>) -> UInt32 {
        let crc = plain(of: bytes)
        return (crc >> 15 | crc << 17) &+ 0xa282_ead8
    }

    /// Eight tables in one, so that eight bytes cost one step.
    private static let tables: [UInt32] = {
        var tables = (0..<256).map { byte in
            (0..<8).reduce(UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0x82f6_3b78 : 0) }
        }
        for index in 256..<2048 {
            let before = tables[index - 256]
            tables.append(before >> 8 ^ tables[Int(before & 0xff)])
        }
        return tables
    }()

    /// Returns the CRC-32C.
    package static func plain(of bytes: ArraySlice<UInt8>) -> UInt32 {
        let (tables, bytes) = (tables.span, bytes.span)
        var crc = ~UInt32(0)
        var index = 0
        while index + 8 <= bytes.count {
            var low = crc
            for place in 0..<4 {
                low ^= UInt32(bytes[index + place]) << (8 * place)
            }
            crc =
                tables[1792 + Int(low & 0xff)] ^ tables[1536 + Int(low >> 8 & 0xff)]
                ^ tables[1280 + Int(low >> 16 & 0xff)] ^ tables[1024 + Int(low >> 24)]
                ^ tables[768 + Int(bytes[index + 4])] ^ tables[512 + Int(bytes[index + 5])]
                ^ tables[256 + Int(bytes[index + 6])] ^ tables[Int(bytes[index + 7])]
            index += 8
        }
        while index < bytes.count {
            crc = crc >> 8 ^ tables[Int(UInt8(truncatingIfNeeded: crc) ^ bytes[index])]
            index += 1
        }
        return ~crc
    }
}
