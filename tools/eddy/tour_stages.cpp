// What the introduction's servers are, and why each is faster than the one before.
#include "system.h"
#include "tour_report.h"

std::vector<stage> all_stages() {
  std::vector<stage> stages;
  stages.push_back(
      {"fork", "", "A process for each connection", "每个连接一个进程",
       "The blocking client's code, once per connection. Each process waits in recv() for its own "
       "client; nobody keeps a buffer for anybody else.",
       "The program stays simple, because the system keeps the clients apart. The system pays: "
       "every "
       "line wakes another process, every process has its own memory, and each connection costs a "
       "fork().",
       "代码最简单，但每个连接都要付出一个进程的内存和切换代价。", 1000});
  stages.push_back(
      {"polling", "", "Asking every socket, for ever", "不停轮询所有套接字",
       "One process, sockets that do not block, and a loop that calls recv() on each of them.",
       "No process is switched, but a system call is made for every socket in every round, ready "
       "or "
       "not. Look at the idle connections: the work grows with those who say nothing, and the "
       "processor is busy even when nobody does.",
       "单进程，但对每个套接字都要反复询问，空闲连接也消耗处理器。", 10000});
  stages.push_back(
      {"select", "", "select(): wait until one is ready", "select()：等待就绪",
       "One call waits for all sockets and says which are ready. The process sleeps while nothing "
       "happens.",
       "The useless recv() calls are gone. What remains grows with the highest descriptor: the "
       "program "
       "fills the sets, the kernel walks through them, and the program looks through the answer, "
       "for "
       "every turn. And a set has room for descriptors below 1024 only.",
       "空转消失了，但每一轮的代价仍与描述符的最大值成正比，而且最多只能有1024个。", 900});
  for (const eddy::backend_info& backend : all_backends()) {
    if (!backend.available) continue;
    const bool constant = (backend.features & eddy::backend_o1) != 0;
    const bool is_select = std::string(backend.name) == "select";
    stages.push_back(
        {"event", backend.name, "Events: the library asks in the best way there is",
         "事件：由库选择最好的方法",
         constant
             ? "The program names what it waits for once, and the kernel keeps the list. A turn "
               "returns those that are ready."
             : "The same program; the library asks by a call that is given the whole list each "
               "time, as one has to where nothing better exists.",
         constant
             ? "The cost of a turn no longer depends on how many are connected, only on how many "
               "are ready: compare the idle connections with select's."
             : "It shows what the interface costs and what the method: the callbacks are those of "
               "the stage on epoll, the time is that of the method.",
         constant ? "代价只与就绪的连接数有关，与总连接数无关。"
                  : "同一个程序，但底层方法每轮都要传递整个列表。",
         is_select ? 900 : 10000});
  }
  for (const eddy::backend_info& backend : all_backends()) {
    const std::string name = backend.name;
    if (!backend.available || (name != "epoll" && name != "io_uring")) continue;
    const bool completes = name == "io_uring";
    stages.push_back(
        {"bufferevent", backend.name, "Bufferevents: the library keeps the buffers",
         "bufferevent：由库管理缓冲区",
         completes ? "The same program, where the kernel does the work itself: it receives into "
                     "buffers that it was given, and all answers of a turn are handed over at once."
                   : "The program only says what is to be done with a line. The library reads, "
                     "keeps what is not a line yet, and writes at the end of the turn.",
         completes ? "A system call serves many connections. This is what the introduction hoped "
                     "for: simple, and efficient where the system completes operations."
                   : "As short as the blocking program, and as fast as events by hand.",
         completes ? "同样的程序；内核直接完成收发，一次系统调用服务许多连接。"
                   : "程序只处理数据，收发与缓冲由库完成。",
         10000});
  }
  for (const eddy::backend_info& backend : all_backends()) {
    const std::string name = backend.name;
    if (!backend.available || (name != "epoll" && name != "io_uring")) continue;
    const bool completes = name == "io_uring";
    stages.push_back(
        {"coroutine", backend.name, "Coroutines: the blocking program again",
         "协程：又回到阻塞式程序的写法",
         completes
             ? "The same program, where the kernel receives and sends by itself."
             : "Each client has a function of its own, which reads a line and answers it, one "
               "after the other, as the first program did. Where that would block, the loop "
               "goes on with another client.",
         completes ? "What is simplest to write is also what costs least: a client that waits is "
                     "a few hundred bytes, and no process."
                   : "No callback, no state kept by hand, no process for each client: compare the "
                     "code with the first stage's, and the figures with the stage before.",
         completes ? "最简单的写法同时也是代价最小的：等待中的客户只占几百字节，不需要进程。"
                   : "没有回调，也不必手工保存状态：代码像第一个程序，性能像事件循环。",
         10000});
  }
  return stages;
}
