import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Service

struct LineLogTests {
    /// The lines that are written while the body logs.
    private func lines(_ settings: LineLogHandler.Settings, _ body: (Logger) -> Void) -> [String] {
        let written = Lines()
        body(Logger(label: "test") { _ in PlainLogHandler(LineLogHandler(.init(settings)) { written.append($0) }) })
        return written.all
    }

    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock(\.self) }
        func append(_ line: String) { lines.withLock { $0.append(line) } }
    }

    @Test
    func `an event is one line of text, with milliseconds and without empty values`() {
        let lines = lines(.init()) { logger in
            logger.debug("not at this level")
            logger.error("first\n  second\n", metadata: ["url": "http://x/", "none": "", "error": "a\r\nb"])
        }
        let form = #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z error tfjob-admin: (.*)\n/#
        #expect(lines.count == 1)
        let rest = lines.first?.wholeMatch(of: form)?.1
        #expect(rest == "error=a; b url=http://x/ [ServiceTests] first; second", "\(lines)")
    }

    @Test
    func `an event is one object of JSON`() throws {
        let lines = lines(.init(level: .debug, format: .json)) { $0.debug("said \"so\"", metadata: ["job": "a/b/c"]) }
        let object = try JSON(Data(try #require(lines.first).utf8))
        #expect(object.keys.sorted() == ["fields", "level", "message", "module", "time"])
        #expect(object.message.text == "said \"so\"" && object.level.text == "debug")
        #expect(object.fields.job.text == "a/b/c" && object.module.text == "ServiceTests")
        #expect(lines.first?.hasSuffix("}\n") == true)
    }
}
