/* 4 threads, each 4 times { t = x; x = t + 1 }, one step each: the twin of counter.ghost. A dead t is
   reset in the step that used it last. A process stops at a valid end state instead of leaving
   through its closing brace, which Spin would count as one more step. */

byte x = 0;

active [4] proctype add_four()
{
    byte t = 0;
    t = x;  d_step { x = t + 1; t = 0 }
    t = x;  d_step { x = t + 1; t = 0 }
    t = x;  d_step { x = t + 1; t = 0 }
    t = x;  d_step { x = t + 1; t = 0 }
end:
    false
}
