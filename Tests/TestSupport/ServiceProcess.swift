package import Foundation
import FoundationNetworking
import Glibc

/// A `tfjob-admin serve` that runs as a user would run it.
package final class ServiceProcess: Sendable {
    /// Where the REST view is.
    package let url: URL
    /// What the service printed so far.
    package let log: String
    private let process: Process

    /// Starts the service on a port of its own choice and waits until it answers.
    ///
    /// - Parameters:
    ///   - repository: a path or URL.
    ///   - folder: gets the state and the log.
    ///   - extra: further arguments.
    package init(repository: String, in folder: TemporaryFolder, extra: [String] = []) async throws {
        log = folder.path("service-\(UUID().uuidString).log")
        process = try Self.launch(
            ["serve", "--repository", repository, "--state", folder.path("state"), "--listen", "127.0.0.1:0"] + extra,
            log: log
        )
        url = try await Self.announcedURL(in: log, of: process)
    }

    /// Starts the program and returns at once.
    package static func launch(_ arguments: [String], log: String) throws -> Process {
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: BuiltExecutable.path)
        process.arguments = arguments
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }

    private static func announcedURL(in log: String, of process: Process) async throws -> URL {
        try await firstValue("the service says where it listens (\(log))") {
            let text = try String(contentsOfFile: log, encoding: .utf8)
            guard process.isRunning else { throw CommandFailed(description: text) }
            return text.firstMatch(of: /url=(http:\S+)/).flatMap { URL(string: String($0.1)) }
        }
    }

    package var pid: Int32 { process.processIdentifier }

    /// Kills the service as a crash would: nothing is cleaned up.
    package func crash() {
        kill(pid, SIGKILL)
        process.waitUntilExit()
    }

    /// Asks the service to end and waits for it.
    ///
    /// - Returns: its exit code.
    @discardableResult
    package func stop() -> Int32 {
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// An answer of the REST view.
    package struct Answer: Sendable {
        package let status: Int
        package let headers: [String: String]
        package let body: Data

        /// The body as JSON.
        package var json: JSON {
            get throws { try JSON(body) }
        }
    }

    /// Asks the REST view.
    package func request(_ path: String, method: String = "GET", headers: [String: String] = [:]) async throws -> Answer
    {
        guard let target = URL(string: path, relativeTo: url) else { throw URLError(.badURL) }
        var request = URLRequest(url: target, timeoutInterval: 10)
        request.httpMethod = method
        for (name, value) in headers {
            request.setValue(value, forHTTPHeaderField: name)
        }
        let (body, response) = try await URLSession.shared.data(for: request)
        guard let response = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
        var fields: [String: String] = [:]
        for (name, value) in response.allHeaderFields {
            fields["\(name)".lowercased()] = "\(value)"
        }
        return Answer(status: response.statusCode, headers: fields, body: body)
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
    package func job(_ id: String, reaches phase: String, run: Int? = nil) async throws -> JSON {
        try await firstValue("\(id) is \(phase)") {
            guard let job = try await self.job(id), job.status.phase.text == phase else { return nil }
            return run == nil || job.status.run.int == run ? job : nil
        }
    }
}
