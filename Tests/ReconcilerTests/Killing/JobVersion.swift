import TestSupport

/// What one push made of a job's file, in the test's own terms.
struct JobVersion: Sendable, Equatable {
    /// What changes when the job has to run anew.
    struct Identity: Sendable, Hashable {
        var args: [String]
        var rerun: Int
    }

    var identity: Identity
    var isSuspended = false
    var isBroken = false
    var priority = 0
    var dependsOn: [String] = []

    /// The file's text.
    ///
    /// - Parameter push: the number of the push that wrote it, which the description keeps.
    func text(push: Int) -> String {
        let job = JobText().with { job in
            job.description = "\(push)"
            job.args = identity.args
            job.more = [
                #""priority": \#(priority)"#, #""rerun": \#(identity.rerun)"#,
                #""runPolicy": {"suspend": \#(isSuspended)}"#,
                #""dependsOn": [\#(dependsOn.map { "\"\($0)\"" }.joined(separator: ", "))]"#,
            ]
        }
        return isBroken ? String(job.text.dropLast(3)) : job.text
    }
}
