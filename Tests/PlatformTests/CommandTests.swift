import TestSupport
import Testing

/// What the tests themselves stand on.
@Suite(.timeLimit(.minutes(hangLimit))) struct CommandTests {
    @Test
    func `a command that does not end is killed with its children, and what it printed is told`() async throws {
        let start = ContinuousClock.now
        // The child holds the output open for as long as it lives.
        let error = await #expect(throws: CommandFailed.self) {
            try await run(["sh", "-c", "echo begun; echo wrong >&2; sleep 600 & wait"], in: "/", within: .seconds(3))
        }
        #expect(ContinuousClock.now - start < .seconds(300))
        let text = try #require(error?.description)
        #expect(text.contains("not within 3.0 seconds, and killed: begun\nwrong\n"), "\(text)")
        await #expect(throws: CommandFailed.self) { try await run(["false"], in: "/") }
    }

    @Test
    func `a reserved port is nobody's until a server asks for it`() throws {
        let port = try ReservedPort()
        #expect(!Loopback.answers(port: port.number))
        for _ in 0..<2 {
            let server = try Loopback.listen(port: port.number)
            #expect(Loopback.answers(port: port.number))
            Loopback.stop(server)
            #expect(!Loopback.answers(port: port.number))
        }
    }
}
