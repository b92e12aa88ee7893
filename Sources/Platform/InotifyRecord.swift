/// One record of what read(2) gives for an inotify descriptor.
///
/// Its layout: `int wd; uint32_t mask, cookie, len; char name[len]`, https://man7.org/linux/man-pages/man7/inotify.7.html.
struct InotifyRecord: Equatable {
    let watch: Int32
    let mask: UInt32
    /// Nil where the record is about the watched folder itself.
    let name: String?

    /// Takes a buffer of whole records apart.
    static func all(in buffer: ArraySlice<UInt8>) -> [InotifyRecord] {
        var records: [InotifyRecord] = []
        var rest = buffer
        while rest.count >= 16 {
            let start = rest.startIndex
            let name = rest.dropFirst(16).prefix(Int(word(rest, at: start + 12)))
            let bytes = name.prefix { $0 != 0 }
            records.append(
                InotifyRecord(
                    watch: Int32(bitPattern: word(rest, at: start)),
                    mask: word(rest, at: start + 4),
                    name: bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
                )
            )
            rest = rest[name.endIndex...]
        }
        return records
    }

    /// Four bytes in this machine's order.
    private static func word(_ bytes: ArraySlice<UInt8>, at index: Int) -> UInt32 {
        UInt32(littleEndian: (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[index + $1]) << (8 * UInt32($1)) })
    }
}
