import Foundation
import Hummingbird
import NIOCore

/// Writes server-sent events, <https://html.spec.whatwg.org/multipage/server-sent-events.html>.
///
/// The last event before all is told carries the id: whoever goes away in the midst of several gets them again.
struct EventWriter {
    private let journal: String
    private var buffer = ByteBuffer()
    private var last: (name: String, data: Data)?
    /// Whether there was an event or a comment since ``flush(to:at:)``.
    private(set) var hasSent = false

    static let contentType = "text/event-stream"

    /// - Parameter journal: the name that ids begin with.
    init(journal: String) {
        self.journal = journal
    }

    /// Adds an event.
    ///
    /// - Parameters:
    ///   - name: its type.
    ///   - data: JSON in one line.
    mutating func add(_ name: String, _ data: some Collection<UInt8>) {
        writeLast(id: nil)
        last = (name, Data(data))
        hasSent = true
    }

    /// Adds a line that is no event: it shows that there is somebody.
    mutating func addComment() {
        buffer.writeString(":\n\n")
    }

    /// Says how soon to come back when the stream ends, in milliseconds.
    mutating func addRetry(_ milliseconds: Int) {
        buffer.writeString("retry: \(milliseconds)\n\n")
    }

    /// Sends what was added, but for the last event.
    mutating func flush(to writer: inout any ResponseBodyWriter) async throws {
        guard buffer.readableBytes > 0 else { return }
        try await writer.write(buffer)
        buffer = ByteBuffer()
    }

    /// Sends what was added, all of it.
    ///
    /// - Parameter revision: up to where all is told with it.
    mutating func flush(to writer: inout any ResponseBodyWriter, at revision: Int64) async throws {
        writeLast(id: EventID(journal: journal, revision: revision))
        hasSent = false
        try await flush(to: &writer)
    }

    private mutating func writeLast(id: EventID?) {
        guard let last else { return }
        if let id {
            buffer.writeString("id: \(id)\n")
        }
        buffer.writeString("event: \(last.name)\ndata: ")
        buffer.writeBytes(last.data)
        buffer.writeString("\n\n")
        self.last = nil
    }
}
