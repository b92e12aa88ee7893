import CLibGit2

/// Unpacks zlib streams, <https://zlib.net/manual.html>, one after the other with the same memory.
@safe
struct Inflater: ~Copyable {
    /// On the heap: zlib's state points back at it.
    private let stream: UnsafeMutablePointer<z_stream>

    init() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        _ = unsafe inflateInit_(stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Unpacks a stream that is to have so many bytes.
    ///
    /// - Parameter start: where it begins; where it ends, it says itself.
    /// - Returns: nil where it is garbled or has another number of bytes.
    func bytes(_ packed: Span<UInt8>, from start: Int, count: Int) -> [UInt8]? {
        guard unsafe inflateReset(stream) == Z_OK, start < packed.count, count < Int(UInt32.max) else { return nil }
        var isWhole = false
        // One byte more than there are, as zlib takes no empty place.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count + 1) { target, written in
            let code = unsafe packed.withUnsafeBufferPointer { packed in
                let rest = unsafe UnsafeBufferPointer(rebasing: packed[start...])
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: rest.baseAddress)
                unsafe stream.pointee.avail_in = UInt32(clamping: rest.count)
                unsafe stream.pointee.next_out = target.baseAddress
                unsafe stream.pointee.avail_out = UInt32(count + 1)
                return unsafe inflate(stream, Z_FINISH)
            }
            written = count + 1 - Int(unsafe stream.pointee.avail_out)
            isWhole = code == Z_STREAM_END && written == count
        }
        return isWhole ? bytes : nil
    }
}
