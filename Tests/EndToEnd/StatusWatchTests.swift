import Foundation
import Glibc
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct StatusWatchTests {
    @Test
    func `on a terminal a watch stays in its place, also while the service is away`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let port = try #require(service.url.port)
        let signal = scene.folder.path("signal")
        try scene.repository.write(scene.job("wait", signal).text, to: scene.path("one"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "running")
        let arguments = ["status", "--watch", "--server", service.url.absoluteString]
        let terminal = try await PseudoTerminal(
            arguments,
            columns: 70,
            rows: 10,
            environment: ["TERM": "xterm"],
            in: scene.folder
        )
        func shows(_ what: String) async throws {
            try await eventually("the screen has \(what)") { try await terminal.screen().contains(what) }
        }
        try await shows("default/team-a/one  running")
        try Data().write(to: URL(fileURLWithPath: signal))
        try await shows("default/team-a/one  succeeded")
        // However often it was drawn, it stands there once.
        #expect(try await terminal.screen().split(separator: "\n").count == 2)
        // Nor is a list sent again that is the same.
        try await eventually("it asks for what is new alone") {
            try String(contentsOfFile: service.log, encoding: .utf8).contains(/status=304/)
        }
        try await service.stop()
        try await shows("no service answers at")
        let again = try await scene.serve(listen: "127.0.0.1:\(port)")
        // More jobs than there are rows.
        for number in 10..<40 {
            try scene.repository.write("{", to: scene.path("held-\(number)"))
        }
        try await scene.repository.publish()
        try await shows("… and 2")
        let screen = try await terminal.screen().split(separator: "\n")
        #expect(screen.count <= 10)
        #expect(screen.count { $0.hasPrefix("JOB") } == 1)
        #expect(!screen.contains { $0.contains("no service") })
        try await terminal.end()
        try await scene.end(again)
    }

    @Test
    func `elsewhere a watch prints what changes, and no more`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let signal = scene.folder.path("signal")
        try scene.repository.write(scene.job("wait", signal).text, to: scene.path("one"))
        try scene.repository.write("{", to: scene.path("two"))
        try await scene.repository.publish()
        try await eventually("it runs") {
            try await service.job("one")?.status.replicas[0].status.text == "Running"
        }
        let watch = [BuiltExecutable.path, "status", "--watch", "--server", service.url.absoluteString]
        let (table, json) = (scene.folder.path("table"), scene.folder.path("json"))
        let programs = [
            try await RunningProgram(watch, log: table),
            try await RunningProgram(watch + ["--format", "json"], log: json),
        ]
        func lines(_ path: String) throws -> [String] {
            try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
        }
        try await eventually("both print all") { try lines(table).count == 3 && lines(json).count == 2 }
        try Data().write(to: URL(fileURLWithPath: signal))
        try await eventually("the end shows") { try lines(table).last?.contains("succeeded") == true }
        try await eventually("the end shows") { try lines(json).last?.contains(#""phase":"succeeded""#) == true }
        try scene.repository.remove(scene.path("one"))
        try await scene.repository.publish()
        try await eventually("it is gone") { try lines(table).last == "default/team-a/one  gone" }
        try await eventually("it is gone") { try lines(json).last?.hasSuffix(#""spec":null,"status":null}"#) == true }
        // What did not change was printed once.
        #expect(try lines(table).count { $0.hasPrefix("default/team-a/two") } == 1)
        #expect(try lines(json).count { $0.contains(#""id":"two""#) } == 1)
        #expect(try lines(json).allSatisfy { (try? JSON(Data($0.utf8))) != nil })
        for program in programs {
            try await program.end(with: SIGTERM)
        }
        try await scene.end(service)
    }
}
