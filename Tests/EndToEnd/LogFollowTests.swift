import Foundation
import Glibc
import TestSupport
import Testing

/// `logs --follow` before a service that breaks off in every way.
@Suite
struct LogFollowTests {
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("flaky_log.py").path

    @Test(arguments: sweep(4, full: 200), [true, false])
    func `no byte is lost or comes twice, however often the connection breaks`(seed: Int, knowsRanges: Bool)
        async throws
    {
        let folder = try TemporaryFolder()
        let port = try Loopback.freePort()
        let (log, output, errors) = (folder.path("log"), folder.path("output"), folder.path("errors"))
        let service = try await RunningProgram(
            ["python3", Self.script, "\(port)", "\(seed)", log, knowsRanges ? "yes" : "no"]
        )
        try await eventually("it answers") { Loopback.answers(port: port) }
        let follow = #""\#(BuiltExecutable.path)" logs default/team-a/one --follow > "\#(output)" 2> "\#(errors)""#
        let environment = ["TFJOB_ADMIN_SERVER": "http://127.0.0.1:\(port)"]
        try await run(["timeout", "120", "sh", "-c", follow], in: folder.url.path, environment: environment)
        let expected = try Data(contentsOf: URL(fileURLWithPath: log))
        #expect(try Data(contentsOf: URL(fileURLWithPath: output)) == expected)
        try await service.end(with: SIGKILL)
    }

    @Test(arguments: [(0, true), (1, true), (7, false), (100_000, true)])
    func `a tail is the end as it was, and all that comes after it`(count: Int, knowsRanges: Bool) async throws {
        let folder = try TemporaryFolder()
        let port = try Loopback.freePort()
        let (log, output) = (folder.path("log"), folder.path("output"))
        let service = try await RunningProgram(
            ["python3", Self.script, "\(port)", "\(count)", log, knowsRanges ? "yes" : "no"]
        )
        try await eventually("it answers") { Loopback.answers(port: port) }
        let follow = #""\#(BuiltExecutable.path)" logs default/team-a/one --follow --tail \#(count) > "\#(output)""#
        let environment = ["TFJOB_ADMIN_SERVER": "http://127.0.0.1:\(port)"]
        try await run(["timeout", "120", "sh", "-c", follow], in: folder.url.path, environment: environment)
        let expected = try Data(contentsOf: URL(fileURLWithPath: log))
        let written = try Data(contentsOf: URL(fileURLWithPath: output))
        #expect(expected.suffix(written.count) == written)
        if count == 100_000 {
            #expect(written == expected)
        }
        try await service.end(with: SIGKILL)
    }
}
