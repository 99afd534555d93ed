"""harness_users.py - who of the users asks next, and when: each thinks after its last request has ended, and asks again.

Used by the load generators of harness.py and harness_server.py, which are outside the program. What the simulator mirrors:
models/simulate/arrivals.c.
"""
import heapq


class Users:
    """They begin all at once. Times are those of clock_ns()."""

    def __init__(self, workload, begin_ns):
        users = workload['users']
        self.begin_ns, self.for_ns, self.limit = begin_ns, users['for_ns'], users['requests']
        self.think_ns = users['think_ns']
        self.due = [(begin_ns, user) for user in range(len(self.think_ns))]  # a heap
        self.asked = [0] * len(self.think_ns)
        self.made = 0

    def ask_on(self):
        """Whether a further request may be made, now or later, by somebody who thinks."""
        return self.made < self.limit and bool(self.due)

    def wait_ns(self, now_ns):
        """Until somebody has thought; not above 0: there is one."""
        return self.due[0][0] - now_ns

    def ask(self):
        """The number of the request that is made now, and its user."""
        user = heapq.heappop(self.due)[1]
        self.asked[user] += 1
        self.made += 1
        return self.made - 1, user

    def ended(self, user, end_ns):
        thinks = self.think_ns[user]
        due_ns = end_ns + thinks[(self.asked[user] - 1) % len(thinks)]
        if self.for_ns is None or due_ns - self.begin_ns < self.for_ns:
            heapq.heappush(self.due, (due_ns, user))
