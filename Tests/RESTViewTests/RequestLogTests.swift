import Foundation
import Jobs
import Logging
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct RequestLogTests {
    private static func serve(
        level: Logger.Level = .info,
        _ body: (RESTScene, LogCollector.Lines) async throws -> Void
    ) async throws {
        let lines = LogCollector.Lines()
        var logger = Logger(label: "test") { _ in LogCollector(lines: lines) }
        logger.logLevel = level
        try await RESTScene.serve(logger: logger) { try await body($0, lines) }
    }

    @Test(arguments: ["abc", "0af7651916cd43dd-8448eb211c80319c", "a.b:c_d/e+f=@"])
    func `a request's id is taken over where it is a word, and is in the answer and the log`(id: String) async throws {
        try await Self.serve { scene, lines in
            let answer = try await scene.request("\(RESTScene.list)/absent", headers: ["X-Request-Id": id])
            #expect(answer.headers["x-request-id"] == id)
            #expect(try answer.json.requestId.text == id)
            #expect(lines.all.contains { $0.contains("request=\(id) ") && $0.contains("status=404") })
        }
    }

    @Test
    func `another id is not taken over`() async throws {
        try await Self.serve { scene, lines in
            let long = String(repeating: "a", count: 129)
            for header in ["a b", "a\"b", "<b>", "\u{E9}", long, ""].map({ "X-Request-Id: \($0)\r\n" }) + [
                "X-Request-Id: a\r\nX-Request-Id: b\r\n", "",
            ] {
                let answer = try #require(
                    try await RawConnection.get(Array("/api/nothing".utf8), headers: header, port: scene.port)
                )
                let id = try #require(answer.rest.firstMatch(of: /(?i)x-request-id: (.*)\r\n/)?.1)
                #expect(id.wholeMatch(of: /[0-9a-f]{16}/) != nil, "\(header): \(id)")
                #expect(answer.rest.contains("\"requestId\":\"\(id)\""))
                #expect(lines.all.contains { $0.contains("request=\(id)") })
            }
        }
    }

    @Test
    func `each request has one line, with neither query nor headers, and nothing that a terminal obeys`() async throws {
        try await Self.serve { scene, lines in
            let headers = ["Authorization": "Bearer hunter2", "Cookie": "hunter3", "X-User": "hunter4"]
            _ = try await scene.request("\(RESTScene.list)?q=hunter5&access_token=hunter6", headers: headers)
            _ = try await scene.request(
                "/%1B%5B31m%E2%80%AE\(String(repeating: "x", count: 500))",
                method: "DELETE",
                headers: headers
            )
            let all = lines.all
            #expect(all.count == 2)
            #expect(all[0].contains(#"method=GET milliseconds="#))
            #expect(all[0].contains(#"path="\#(RESTScene.list)" peer=127.0.0.1"#))
            #expect(all[0].contains("status=400"))
            #expect(all[1].contains("method=DELETE"))
            for line in all {
                #expect(!line.contains("hunter"))
                #expect(line.utf8.count < 400)
                #expect(!line.contains("\u{1B}") && !line.contains("\u{202E}"))
            }
        }
    }

    @Test
    func `what an orchestrator asks for all the time is for debug`() async throws {
        for (level, count) in [(Logger.Level.info, 0), (.debug, 4)] {
            try await Self.serve(level: level) { scene, lines in
                for path in ["/livez", "/metrics", "/api/ping", "/livez"] {
                    _ = try await scene.request(path)
                }
                #expect(lines.all.count { $0.contains("debug request") } == count)
            }
        }
    }
}
