package import Foundation
import Glibc

/// A `tfjob-admin serve` that runs as a user would run it.
package final class ServiceProcess: Sendable {
    /// Where the REST view is, as clients are told of it: `http://…`, `https://…` or `unix:…`.
    package let url: URL
    /// What the service printed so far.
    package let log: String
    private let program: RunningProgram

    /// Starts the service on a port of its own choice and waits until it answers.
    ///
    /// - Parameters:
    ///   - repository: a path or URL.
    ///   - folder: gets the state and the log.
    ///   - listen: the address; by default any free port.
    ///   - wrapper: a command that becomes the service.
    ///   - extra: further arguments.
    package init(
        repository: String,
        in folder: TemporaryFolder,
        listen: String = "127.0.0.1:0",
        wrapper: [String] = [],
        extra: [String] = []
    ) async throws {
        log = folder.path("service-\(UUID().uuidString).log")
        let arguments = ["--repository", repository, "--state", folder.path("state"), "--listen", listen]
        program = try await RunningProgram(
            wrapper + [BuiltExecutable.path, "serve"] + arguments + extra,
            log: log
        )
        url = try await Self.announcedURL(in: log)
    }

    /// Starts the service with a configuration file and no flags, and waits until it answers.
    ///
    /// - Parameters:
    ///   - configuration: the file, with the repository, the state and the address.
    ///   - folder: gets the log.
    package init(configuration: String, in folder: TemporaryFolder) async throws {
        log = folder.path("service-\(UUID().uuidString).log")
        program = try await RunningProgram([BuiltExecutable.path, "serve", "--config", configuration], log: log)
        url = try await Self.announcedURL(in: log)
    }

    /// The same process, where it listens since the program restarted.
    package func afterRestart() throws -> ServiceProcess {
        let text = try String(contentsOfFile: log, encoding: .utf8)
        guard let last = text.matches(of: /url=((?:https?|unix):\S+)/).last, let url = URL(string: String(last.1))
        else {
            throw URLError(.badURL)
        }
        return ServiceProcess(url: url, log: log, program: program)
    }

    private init(url: URL, log: String, program: RunningProgram) {
        self.url = url
        self.log = log
        self.program = program
    }

    private static func announcedURL(in log: String) async throws -> URL {
        do {
            return try await firstValue("the service says where it listens") {
                let text = try String(contentsOfFile: log, encoding: .utf8)
                return text.firstMatch(of: /url=((?:https?|unix):\S+)/).flatMap { URL(string: String($0.1)) }
            }
        } catch let error as NeverHappened {
            let text = try String(contentsOfFile: log, encoding: .utf8)
            throw NeverHappened(description: "\(error); it printed: \(text.suffix(2000))")
        }
    }

    /// The service's own process.
    package var pid: Int32 { program.pid }

    /// Waits for the end of the service.
    ///
    /// - Returns: its exit code.
    package func wait() async throws -> Int32 { try await program.wait() }

    /// Kills the service as a crash would: nothing is cleaned up.
    package func crash() async throws {
        try await program.end(with: SIGKILL)
    }

    /// Asks the service to end and waits for it.
    ///
    /// - Returns: its exit code.
    @discardableResult
    package func stop() async throws -> Int32 {
        try await program.end(with: SIGTERM)
    }

    /// Asks the REST view.
    package func request(_ path: String, method: String = "GET", headers: [String: String] = [:]) async throws
        -> HTTPExchange.Answer
    {
        guard let target = URL(string: path, relativeTo: url) else { throw URLError(.badURL) }
        return try await HTTPExchange.send(method, target, headers: headers)
    }

    /// One job; nil where there is none.
    package func job(_ id: String, partition: String = "team-a", cluster: String = "default") async throws -> JSON? {
        let answer = try await request("/api/v1alpha1/clusters/\(cluster)/partitions/\(partition)/tfjobs/\(id)")
        return answer.status == 200 ? try answer.json : nil
    }

    /// The jobs of a partition.
    package func jobs(partition: String = "team-a", cluster: String = "default") async throws -> [JSON] {
        try await request("/api/v1alpha1/clusters/\(cluster)/partitions/\(partition)/tfjobs?limit=5000").json.items
            .elements
    }

    /// Waits until a job is in a phase.
    @discardableResult
    package func job(
        _ id: String,
        reaches phase: String,
        run: Int? = nil,
        within limit: Duration = .seconds(30)
    ) async throws -> JSON {
        try await firstValue("\(id) is \(phase)", within: limit) {
            guard let job = try await self.job(id), job.status.phase.text == phase else { return nil }
            return run == nil || job.status.run.int == run ? job : nil
        }
    }
}
