import Hummingbird
import NIOCore

/// What goes wrong with a body on its way.
package enum BodyFault: Sendable, Equatable {
    /// The connection is closed after so many bytes.
    case cut(after: Int)
    /// Each piece waits so long, and no piece is larger than this many bytes.
    case slow(Duration, pieces: Int)
}

/// The connection was closed on purpose.
struct BodyWasCut: Error {}

/// Writes a body as a fault wants it.
struct SpoilingWriter: ResponseBodyWriter {
    private var base: any ResponseBodyWriter
    private let fault: BodyFault?
    private var written = 0

    init(base: any ResponseBodyWriter, fault: BodyFault?) {
        self.base = base
        self.fault = fault
    }

    mutating func write(_ buffer: ByteBuffer) async throws {
        switch fault {
        case nil: try await base.write(buffer)
        case .cut(let limit):
            let rest = max(0, limit - written)
            written += buffer.readableBytes
            guard buffer.readableBytes > rest else { return try await base.write(buffer) }
            var buffer = buffer
            if rest > 0, let piece = buffer.readSlice(length: rest) { try await base.write(piece) }
            throw BodyWasCut()
        case .slow(let delay, let size):
            var buffer = buffer
            while let piece = buffer.readSlice(length: min(size, buffer.readableBytes)), piece.readableBytes > 0 {
                // The delay is the fault itself.
                try await Task.sleep(for: delay)
                try await base.write(piece)
            }
        }
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        try await base.finish(trailingHeaders)
    }
}
