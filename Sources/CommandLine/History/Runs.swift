import ArgumentParser
import Foundation
import Jobs

/// `tfjob-admin runs`: shows the records of a job's runs.
struct Runs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the runs of a job, or what one run ran, on what, and what it used.",
        discussion: """
            Also of a job that is gone. CPU is processor time, MEMORY the most that one replica had at a time, GPU the number of GPUs times \
            the time. JSON is what GET …/tfjobs/{id}/runs returns as items, or with RUN the object of GET …/runs/{n}.
            """
    )

    @Argument(help: ArgumentHelp("The job.", valueName: "cid/partition/id"))
    var job: String

    @Argument(help: ArgumentHelp("The number of a run. (default: a table of all)", valueName: "run"))
    var number: Int?

    @Option(help: "table or json.")
    var format = ListFormat.table

    @OptionGroup var server: ServerOptions

    func validate() throws {
        if let number, number < 1 {
            throw ValidationError("\(number): runs are counted from 1")
        }
    }

    func run() async throws {
        try await ServerError.reportingErrors {
            let client = try server.client()
            let key = try JobKey(argument: job)
            let table = RunTable(width: Terminal.size?.columns, usesColour: Terminal.usesColour, now: Date())
            guard let number else {
                return try await client.printList(RunAnswer.self, "runs", of: key, as: format, table.lines)
            }
            let path = "\(APIPath.job(key))/runs/\(number)"
            let data = try await client.get(path)
            switch format {
            case .json: try client.printObject(data, of: path)
            case .table:
                let run = try client.decode(RunAnswer.self, data, path)
                try StandardOutput.write(table.detail(of: run).map { $0 + "\n" }.joined())
            }
        }
    }
}

/// The record of a run in the REST view.
struct RunAnswer: Decodable, Sendable {
    struct Replica: Decodable, Sendable, Equatable {
        @Lenient var id: String
        let exitCode: Int?
        @Lenient var restartCount: Int
        let cpuSeconds: Double?
        let peakMemory: Int?
        let gpuSeconds: Double?
    }

    /// What the run ran.
    struct Spec: Decodable, Sendable {
        @Lenient var runtime: String
        @Lenient var bootfile: String
        @Lenient var module: String
        @Lenient var args: [String]
    }

    @Lenient var run: Int
    @Lenient var commit: String
    @Lenient var runCommit: String
    @Lenient var phase: String
    @Lenient var message: String
    let startTime: String?
    let completionTime: String?
    let activeSeconds: Double?
    let activeSince: String?
    @Lenient var python: String
    @Lenient var platform: String
    @Lenient var packages: [String]
    @Lenient var replicas: [Replica]
    /// Nil: a version that did not keep it recorded the run.
    let spec: Spec?
}

/// Runs as a table.
struct RunTable {
    let width: Int?
    let usesColour: Bool
    /// The end of the durations of runs that are not over.
    let now: Date

    private static let columns = [
        TextTable.Column(title: "RUN", isNumber: true), TextTable.Column(title: "PHASE"),
        TextTable.Column(title: "STARTED", rank: 6), TextTable.Column(title: "TIME", rank: 7, isNumber: true),
        TextTable.Column(title: "CODE", rank: 5), TextTable.Column(title: "CPU", rank: 4, isNumber: true),
        TextTable.Column(title: "MEMORY", rank: 3, isNumber: true),
        TextTable.Column(title: "GPU", rank: 2, isNumber: true),
        TextTable.Column(title: "MESSAGE", minimum: 12, rank: 1),
    ]

    func lines(_ runs: [RunAnswer]) -> [String] {
        var table = TextTable(Self.columns, width: width, usesColour: usesColour)
        for run in runs {
            let replicas = run.replicas
            let duration = Duration(
                active: run.activeSeconds,
                since: run.activeSince,
                from: run.startTime,
                to: run.completionTime,
                now: now
            )
            table.addRow([
                .init("\(run.run)"), .init(run.phase, StatusTable.colour(of: run.phase)), .init(run.startTime ?? ""),
                .init(duration?.text ?? ""), .init(String(run.runCommit.prefix(7)), .faint),
                .init(Self.time(replicas.map(\.cpuSeconds))),
                .init(Self.memory(replicas.compactMap(\.peakMemory).max())),
                .init(Self.time(replicas.map { $0.gpuSeconds == 0 ? nil : $0.gpuSeconds })), .init(run.message),
            ])
        }
        return table.lines
    }

    private static let replicaColumns = [
        TextTable.Column(title: "REPLICA", minimum: 20, cut: .start),
        TextTable.Column(title: "EXIT", rank: 4, isNumber: true),
        TextTable.Column(title: "RESTARTS", rank: 1, isNumber: true),
        TextTable.Column(title: "CPU", rank: 3, isNumber: true),
        TextTable.Column(title: "MEMORY", rank: 3, isNumber: true),
        TextTable.Column(title: "GPU", rank: 2, isNumber: true),
    ]

    /// One run with its replicas, its interpreter and the packages.
    func detail(of run: RunAnswer) -> [String] {
        var replicas = TextTable(Self.replicaColumns, width: width, usesColour: usesColour)
        for replica in run.replicas {
            replicas.addRow([
                .init(replica.id), .init(replica.exitCode.map { "\($0)" } ?? ""), .init("\(replica.restartCount)"),
                .init(Self.time([replica.cpuSeconds])), .init(Self.memory(replica.peakMemory)),
                .init(Self.time([replica.gpuSeconds == 0 ? nil : replica.gpuSeconds])),
            ])
        }
        let facts = [
            ("job file", run.commit), ("code", run.runCommit), ("runtime", run.spec?.runtime ?? ""),
            ("bootfile", run.spec?.bootfile ?? ""), ("module", run.spec?.module ?? ""),
            ("args", run.spec?.args.map(ShellWord.shown).joined(separator: " ") ?? ""), ("python", run.python),
            ("platform", run.platform),
        ]
        return lines([run]) + (run.replicas.isEmpty ? [] : [""] + replicas.lines)
            + [""] + facts.filter { !$0.1.isEmpty }.map { "\($0.0): \(PlainText.line($0.1))" }
            + run.packages.map { "  \(PlainText.line($0))" }
    }

    /// The sum of some durations, empty if none is known.
    private static func time(_ seconds: [Double?]) -> String {
        let known = seconds.compactMap(\.self)
        return known.isEmpty ? "" : Duration.seconds(known.reduce(0, +)).text
    }

    private static func memory(_ bytes: Int?) -> String {
        bytes.map { "\(($0 + (1 << 20) - 1) >> 20)Mi" } ?? ""
    }
}
