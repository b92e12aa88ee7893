import EventFiles
import Foundation
import TestSupport

/// Writes event files byte by byte.
enum EventBytes {
    /// A record with the right checksums.
    static func record(_ data: [UInt8]) -> [UInt8] {
        let length = bytes(UInt64(data.count))
        return length + bytes(Checksum.masked(of: length[...])) + data + bytes(Checksum.masked(of: data[...]))
    }

    /// The header of a record of any length, with the right checksum.
    static func header(_ length: UInt64) -> [UInt8] {
        bytes(length) + bytes(Checksum.masked(of: bytes(length)[...]))
    }

    /// An event with a number in the form that is always a scalar.
    static func simple(_ tag: String, _ value: Float, step: Int64) -> [UInt8] {
        event(step, field(1, Array(tag.utf8)) + key(2, 5) + bytes(value.bitPattern))
    }

    /// An event with a tensor.
    ///
    /// - Parameter plugin: the plugin that the value names. Nil: it names none.
    static func tensor(_ tag: String, _ tensor: [UInt8], plugin: String? = "scalars", step: Int64) -> [UInt8] {
        let metadata = plugin.map { field(9, field(1, field(1, Array($0.utf8)))) } ?? []
        return event(step, field(1, Array(tag.utf8)) + field(8, tensor) + metadata)
    }

    /// An event with one value of a summary.
    static func event(_ step: Int64, wallTime: Double = 1000, _ value: [UInt8]) -> [UInt8] {
        key(1, 1) + bytes(wallTime.bitPattern) + key(2, 0) + varint(UInt64(bitPattern: step))
            + field(5, field(1, value))
    }

    /// A field of variable length.
    static func field(_ number: Int, _ data: [UInt8]) -> [UInt8] { key(number, 2) + varint(UInt64(data.count)) + data }

    static func key(_ number: Int, _ type: Int) -> [UInt8] { varint(UInt64(number << 3 | type)) }

    static func varint(_ value: UInt64) -> [UInt8] {
        value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7f) | 0x80] + varint(value >> 7)
    }

    static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}

/// A folder of event files.
struct EventScene {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// Appends bytes to a file, which is made with the folders above it.
    func append(_ bytes: [UInt8], to name: String = "events.out.tfevents.1") throws {
        let path = folder.path(name)
        let parent = URL(fileURLWithPath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        if !FileManager.default.fileExists(atPath: path) {
            try Data().write(to: URL(fileURLWithPath: path))
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.seekToEnd()
        try file.write(contentsOf: bytes)
        try file.close()
    }

    /// The scalars that a reader finds now, as `tag@step=value`.
    static func scalars(_ events: inout EventFolder, upTo budget: Int = .max) -> [String] {
        var found: [String] = []
        events.readEvents(upTo: budget) { reading in
            found += reading.scalars.map { "\($0.tag)@\($0.step)=\($0.value)" }
        }
        return found
    }
}
