import Foundation
import TestSupport

/// Somebody who watches a list.
struct Watcher: Sendable {
    struct Event: Sendable, Equatable {
        var name = ""
        var id: String?
        var data = JSON.null
    }

    let request: LastingRequest

    /// Begins to watch.
    ///
    /// - Parameters:
    ///   - query: what follows `watch=true`.
    ///   - lastEvent: the id of the last event that was seen.
    ///   - headers: further lines.
    ///   - list: the list's path.
    ///   - port: the server's.
    init(
        _ query: String = "",
        after lastEvent: String? = nil,
        headers: String = "",
        list: String = RESTScene.list,
        port: Int
    ) async throws {
        let last = lastEvent.map { "Last-Event-ID: \($0)\r\n" } ?? ""
        request = try await LastingRequest("\(list)?watch=true\(query)", headers: last + headers, port: port)
    }

    /// The events so far.
    var events: [Event] {
        get throws {
            try Self.body(request.text).components(separatedBy: "\n\n").dropLast().compactMap(Self.event)
        }
    }

    /// How many comments came so far.
    var comments: Int { Self.body(request.text).components(separatedBy: "\n\n").count { $0.hasPrefix(":") } }

    /// The events so far in short: `added mnist`.
    var summary: [String] {
        get throws { try events.map { "\($0.name)\($0.data.metadata.id.text.map { " \($0)" } ?? "")" } }
    }

    /// The id of the newest event that has one.
    var lastID: String? {
        get throws { try events.last { $0.id != nil }?.id }
    }

    /// Waits for an event, after those that were there before.
    @discardableResult
    func event(after count: Int = 0, _ isWanted: (Event) -> Bool) async throws -> Event {
        try await firstValue("an event comes to \(request.text)") { try events.dropFirst(count).first(where: isWanted) }
    }

    /// Waits until all is told that there was.
    func synced() async throws {
        try await event { $0.name == "synced" }
    }

    /// What stands in the chunks that are whole.
    private static func body(_ answer: String) -> String {
        guard let head = answer.range(of: "\r\n\r\n") else { return "" }
        var rest = Array(answer[head.upperBound...].utf8)[...]
        var body: [UInt8] = []
        while let end = rest.firstIndex(of: 0x0D),
            let size = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16), size > 0,
            rest.count >= end - rest.startIndex + 2 + size + 2
        {
            let chunk = rest[(end + 2)..<(end + 2 + size)]
            body += chunk
            rest = rest[(chunk.endIndex + 2)...]
        }
        return String(decoding: body, as: UTF8.self)
    }

    private static func event(_ text: String) throws -> Event? {
        var event = Event()
        for line in text.split(separator: "\n") {
            if line.hasPrefix("event: ") { event.name = String(line.dropFirst(7)) }
            if line.hasPrefix("id: ") { event.id = String(line.dropFirst(4)) }
            if line.hasPrefix("data: ") { event.data = try JSON(Data(line.dropFirst(6).utf8)) }
        }
        return event.name.isEmpty ? nil : event
    }
}
